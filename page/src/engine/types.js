/**
 * The data that Python wrote into the file (mbcost/questions/page), and what the engine answers.
 *
 * @typedef {number[]} Product  numerator, denominator, then the indices of at most two widths
 * @typedef {Product[]} Sum  a sum of products of widths; empty is 0
 *
 * @typedef {object} RowData  a row of a cost table as a function of its widths
 * @property {string} part
 * @property {string} operator
 * @property {[number, number] | null} kernel
 * @property {number | null} stride
 * @property {Sum | null} groups
 * @property {Sum} input  channels
 * @property {Sum} output  channels
 * @property {[number, number, Sum][]} counts  raw count, map of the row (-1: of no map), amount per position
 * @property {[string, string, string[]] | null} equation  kind, letters, factors
 * @property {number} work  what takes time: an index in the works of the estimates
 *
 * @typedef {[number, number[], number[]]} RowUse  row, the widths of its block, the scales of its maps
 *
 * @typedef {object} KindData  blocks of the same layers
 * @property {RowUse[]} rows
 * @property {number} out  scale of the output
 * @property {number} live
 * @property {[Sum, Sum, Sum]} stored  weights, channels, maps
 * @property {[number[], [number, number], number, Sum] | null} standard  the dense convolution that stands for rows around
 *   a depthwise layer: these rows, its kernel, the scale of its output, its weights
 *
 * @typedef {{d: number, h: number[], u: string} | {a: number[]}} StartsData
 * @typedef {[number, number[]]} StepsData  starts, values as arithmetic series
 *
 * @typedef {object} ImplementationData
 * @property {string} source
 * @property {[number, number]} [alpha_range]
 * @property {number} [most_resolution]
 * @property {import("./estimate_types.js").TableEstimates} [estimates]
 * @property {number[][]} [blocks]  stage, repeat, kind, four widths, each but the first two a step function
 *
 * @typedef {object} FixedRow
 * @property {string} name
 * @property {number} stage
 * @property {string} operator
 * @property {[number, number] | null} kernel
 * @property {number | null} stride
 * @property {number | null} groups
 * @property {Shape} input
 * @property {Shape} output
 * @property {[number, number][]} counts
 * @property {[string, string, string[]] | null} equation
 *
 * @typedef {object} FixedData  a network of one size
 * @property {string} reason  why it has one size
 * @property {number} alpha
 * @property {FixedRow[]} rows
 * @property {number[][] | null} live
 * @property {string} why_no_memory
 * @property {number | null} flash
 *
 * @typedef {object} NetworkData
 * @property {string} name
 * @property {string} title
 * @property {string} source
 * @property {number} channels
 * @property {[number, number]} resolution
 * @property {number[]} alphas  published ones
 * @property {number[]} resolutions  published ones
 * @property {number | null} classes
 * @property {boolean} has_classes  whether the number of classes can be chosen
 * @property {string} default_implementation
 * @property {string[]} operators  of the rows of the paper's table
 * @property {Record<string, string>[]} [printed]  the cells of each row of the paper's table, by the letter of the column
 * @property {Record<string, ImplementationData>} implementations
 * @property {string[]} command  the words that name it on a command line
 * @property {FigureData[]} figures
 * @property {FixedData} [fixed]
 *
 * @typedef {object} FigureData  a printed number
 * @property {number} alpha
 * @property {[number, number]} resolution
 * @property {number | null} classes
 * @property {"params" | "mult_adds"} quantity
 * @property {string} printed
 * @property {number} source
 * @property {string} table
 *
 * @typedef {object} Convention
 * @property {string} name
 * @property {string} title
 * @property {string} source
 * @property {boolean} earlier
 * @property {[number, number][]} params  raw count, factor
 * @property {[number, number][]} mult_adds
 *
 * @typedef {object} Dtype
 * @property {string} name
 * @property {number} bytes
 * @property {[number, number, number, number]} flash  bytes per weight, per channel and per map, and for none of them
 *
 * @typedef {object} PageData
 * @property {string} schema
 * @property {string} version
 * @property {string} title  the heading of the page
 * @property {string[]} counts
 * @property {Convention[]} conventions
 * @property {string[]} allocators
 * @property {Dtype[]} dtypes
 * @property {number} most_classes
 * @property {RowData[]} rows
 * @property {KindData[]} kinds
 * @property {[number, Sum][][][][]} live  by allocation model and row: scale and channels
 * @property {[number[], number[]][]} scales
 * @property {StartsData[]} starts
 * @property {StepsData[]} steps
 * @property {{title: string, counts: string}[]} sources  of figures
 * @property {NetworkData[]} networks
 * @property {LessonData} lesson
 * @property {{alphas: number[], sides: number[]}} search  the settings that `mbcost fit` searches besides published ones
 * @property {import("./estimate_types.js").EstimatesData} estimates
 * @property {Setting} shown
 *
 * @typedef {object} LessonData  the V1 paper's Table 3
 * @property {NetworkData} layer  in both forms, as a network that is not listed
 * @property {string} network  its name
 * @property {number} kernel
 * @property {number} feature  side of the map
 * @property {number} alpha  of the table
 * @property {number} rho
 * @property {{standard: string[], separable: string[]}} rows  of the network, by form
 * @property {{title: string, inputs: number, outputs: number, feature: number, mult_adds: number, params: number,
 *   printed: {mult_adds: PrintData, params: PrintData}}[]} forms  the rows of the paper's table
 * @typedef {{text: string, rounding: string}} PrintData
 *
 * @typedef {[number, number, number]} Shape  height, width, channels
 *
 * @typedef {object} Setting
 * @property {string} network
 * @property {number} alpha
 * @property {[number, number]} resolution  height, width
 * @property {string} implementation
 * @property {number} [classes]  1000 if it is missing
 * @property {string} [convention]  macs if it is missing
 *
 * @typedef {object} Row  a row as `mbcost table --format json` has it
 * @property {string} name
 * @property {number} stage
 * @property {string} operator
 * @property {[number, number] | null} kernel
 * @property {number | null} stride
 * @property {number | null} groups
 * @property {Shape} input
 * @property {Shape} output
 * @property {number} params
 * @property {number} mult_adds
 * @property {number} activations
 *
 * @typedef {{params: number, mult_adds: number, activations: number}} Totals
 * @typedef {Totals & {rows: Row[]}} Costs
 * @typedef {{name: string, operator: string, rows: number[], input: Shape, output: Shape}} BlockInfo
 * @typedef {{peak: number, row: number, live: number[]}} Memory  elements
 * @typedef {{count: string, value: number, params: number, mult_adds: number}} LedgerLine  amounts under the convention
 * @typedef {object} Standard  a dense convolution and the rows that it stands for; costs are multiply-adds and weights
 * @property {number[]} rows
 * @property {[number, number]} kernel
 * @property {number} inputs
 * @property {number} outputs
 * @property {number} mult_adds
 * @property {number} weights
 * @property {number} separable_mult_adds
 * @property {number} separable_weights
 * @typedef {object} Formula
 * @property {string} kind
 * @property {string} letters  the multiply-adds in the paper's letters
 * @property {string} numbers  the same with numbers
 * @property {number} value
 * @property {string} weight_letters
 * @property {string} weight_numbers
 * @property {number} weights
 */

export {};
