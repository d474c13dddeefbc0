/**
 * The data of estimates that Python wrote into the file (mbcost/questions/page/estimates.py), and the answers.
 *
 * @typedef {object} WorkData  the work of a row of a cost table at all alphas and resolutions
 * @property {[number, number, number, number][]} terms  kind, coefficient, channels (bits of CHANNELS), size (of SIZES)
 * @property {[number, number, number, number]} reading  maps, values per channel, rows and columns per output (0: all)
 *
 * @typedef {object} LatencyData  what all devices have in common
 * @property {string[]} kinds
 * @property {number} image_channels
 * @property {number} most_leverage
 * @property {number} coverage
 * @property {string} unlike
 * @property {string} family_outside
 *
 * @typedef {object} Errors  relative errors of networks that were left out
 * @property {number} mean
 * @property {number} p90
 * @property {number} worst
 * @property {number} within_10
 *
 * @typedef {object} DeviceData
 * @property {string} name
 * @property {string} title
 * @property {string} runtime
 * @property {string} dtype
 * @property {string} threads
 * @property {number} batch
 * @property {string} statistic
 * @property {string} source
 * @property {number} points  the number of measured networks
 * @property {Errors} left_out
 * @property {number | null} left_out_family
 * @property {number} lanes
 * @property {number[]} active  the kinds of work that have a rate
 * @property {number[]} rates  milliseconds per unit of work
 * @property {number[][]} inverse  the lower triangle
 * @property {number | null} margin
 * @property {[number, number]} range
 * @property {number[]} families
 * @property {string | null} reason
 * @property {string} outside
 * @property {string} family
 * @property {Record<string, Record<string, number[][]>>} measured  alpha, milliseconds, height, width, classes
 * @property {string[]} suspicious
 * @property {string[]} notes
 *
 * @typedef {object} FitData
 * @property {[number, number][]} terms  powers of 1/alpha and of 1/rho
 * @property {number[]} weights
 * @property {number[][]} leverage  a lower triangle
 * @property {number | null} quantile
 *
 * @typedef {object} SurfaceData
 * @property {string} recipe
 * @property {string[]} sources
 * @property {number[]} classes
 * @property {[number, number, number][]} checkpoints  alpha, side, top-1
 * @property {[number, number, number][]} equal  a released alpha, the least and the largest one of the same network
 * @property {[number, number]} alphas
 * @property {[number, number]} sides
 * @property {[number, number][]} hull  corners: log alpha, log side
 * @property {string} outside
 * @property {string} corner
 * @property {string} why_no_estimate
 * @property {string} why_no_interval
 * @property {{mean: number, worst: number} | null} left_out  points by which checkpoints are missed that had no part in it
 * @property {FitData | null} fit
 *
 * @typedef {object} AccuracyData
 * @property {number} highest
 * @property {number} printed
 * @property {number} promised
 * @property {number} tolerance
 * @property {string} not_square
 * @property {string} other_classes
 *
 * @typedef {object} TableEstimates  of a table under one implementation
 * @property {[number, number][]} families  the first alpha of each
 * @property {number | null} surface
 * @property {string} why_no_accuracy
 *
 * @typedef {object} EstimatesData
 * @property {LatencyData} latency
 * @property {WorkData[]} works
 * @property {DeviceData[]} devices
 * @property {AccuracyData} accuracy
 * @property {SurfaceData[]} surfaces
 * @property {Record<string, {latency: Record<string, Latency>, top1: Top1}>} fixed
 *
 * @typedef {object} Latency  of one run
 * @property {number} milliseconds
 * @property {number | null} low  the ends of an 80 % interval; null if there is none
 * @property {number | null} high
 * @property {string | null} reason  why there is no interval
 * @property {number | null} error  the mean relative error of such estimates; null if it is unknown
 * @property {number | null} measured  what was measured of this very network
 *
 * @typedef {object} Top1
 * @property {number | null} top1  percent of ImageNet; null if there is no estimate
 * @property {number | null} low  the ends of the 90 % interval
 * @property {number | null} high
 * @property {boolean} exact  whether a checkpoint of this network was released
 * @property {string | null} recipe
 * @property {string} reason  why there is no estimate or no interval; empty if there are both
 *
 * @typedef {object} Checkpoint
 * @property {number} alpha
 * @property {number} resolution
 * @property {number} top1
 * @property {string} recipe
 */

export {};
