// @ts-nocheck
/** A stand-in for the engine, for work on the views: data of `page/dev/make_stub.py`, a few alphas, no blind spots. */

const PARAMS = new Set(["weights", "biases", "plain_norm_channels", "fused_norm_channels", "norms"]);

/** @param {any} data */
export function createEngine(data) {
  const networks = data.networks.map((/** @type {any} */ network) => ({
    name: network.name,
    title: network.title,
    implementations: network.impls.map((/** @type {string} */ name) => ({ name, source: "" })),
    default_implementation: "official",
    alphas: network.published,
    resolutions: [96, 128, 160, 192, 224],
    resolution: [224, 224],
    has_classes: true,
    alpha_range: [network.alphas[0], network.alphas.at(-1)],
    fixed: false,
  }));
  const tables = Object.fromEntries(data.networks.map((/** @type {any} */ network) => [network.name, network]));
  const conventions = Object.fromEntries(data.conventions.map((/** @type {any} */ one) => [one.name, one]));
  const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);
  const weigh = (/** @type {any} */ tally, /** @type {any} */ factors) =>
    sum(Object.entries(factors).map(([name, factor]) => Number(factor) * (tally[name] ?? 0)));
  /** @type {Map<string, any[]>} */
  const cache = new Map();

  /** @param {any} setting */
  function rows(setting) {
    const { network, alpha, resolution, implementation, classes } = setting;
    const key = JSON.stringify([network, alpha, resolution, implementation, classes]);
    const known = cache.get(key);
    if (known) return known;
    if (cache.size > 50) cache.clear();
    const alphas = tables[network].alphas;
    const nearest = alphas.reduce((/** @type {number} */ best, /** @type {number} */ one) =>
      Math.abs(one - alpha) < Math.abs(best - alpha) ? one : best);
    const map = (/** @type {number[]} */ [height = 1, width = 1, channels = 1]) =>
      height === 1 ? [1, 1, channels]
        : [Math.ceil((resolution[0] * height) / 224), Math.ceil((resolution[1] * width) / 224), channels];
    const made = tables[network].tables[implementation][String(nearest)].map((/** @type {any} */ row) => {
      let [name, stage, operator, kernel, stride, groups, input, output, counts, activations] = row;
      const from = map(input);
      const to = map(output);
      const ratio = (to[0] * to[1]) / (output[0] * output[1]);
      const inputRatio = (from[0] * from[1]) / (input[0] * input[1]);
      const tally = Object.fromEntries(Object.entries(counts).map(([what, value]) =>
        [what, PARAMS.has(what) ? value : Math.round(Number(value) * (what.includes("pool_inputs") ? inputRatio : ratio))]));
      if (name.endsWith("classifier")) {
        to[2] = classes;
        for (const what of Object.keys(tally)) tally[what] = what === "biases" || what.endsWith("adds") || what === "outputs" ? classes : input[2] * classes;
        activations = classes;
      }
      return { name, stage, operator, kernel, stride, groups, input: from, output: to, tally, activations: Math.round(activations * ratio) };
    });
    cache.set(key, made);
    return made;
  }

  const engine = {
    networks,
    conventions: data.conventions.map((/** @type {any} */ { name, title }) => ({ name, title })),
    dtypes: ["int8", "float16", "float32"].map((name) => ({ name, title: name })),
    allocators: ["naive", "inplace-depthwise", "fused-block"].map((name) => ({ name, title: name })),
    devices: [{ name: "pixel1-tflite", title: "Pixel 1, TensorFlow Lite" }],
    /** @param {string} name */
    find: (name) => {
      const network = networks.find((/** @type {any} */ one) => one.name === name);
      if (!network) throw new RangeError(`'${name}' is not a network of this page: choose one of ${Object.keys(tables).join(", ")}`);
      return network;
    },
    /** @param {string} text */
    parse: (text) => {
      const match = /^([^@/:]+)(?:@([0-9.]+))?(?:\/([0-9x]+))?(?::(.+))?$/.exec(text);
      if (!match) throw new RangeError(`'${text}' is not a network: expected NAME@ALPHA/RES:IMPL`);
      const network = engine.find(String(match[1]));
      const [height, width] = (match[3] ?? "224").split("x").map(Number);
      return { network: network.name, alpha: Number(match[2] ?? 1),
        resolution: /** @type {[number, number]} */ ([height, width ?? height]), implementation: match[4] ?? "official" };
    },
    /** @param {any} setting */
    spell: ({ network, alpha, resolution: [height, width], implementation }) =>
      `${network}@${alpha}/${height === width ? height : `${height}x${width}`}:${implementation}`,
    /** @param {any} setting @returns {string | null} */
    check: ({ network, alpha, resolution }) => {
      const [least, most] = engine.find(network).alpha_range;
      if (!(alpha >= least && alpha <= most)) return `alpha is ${alpha}: it must be from ${least} to ${most}`;
      return Math.min(...resolution) < 32 ? `resolution is ${resolution[0]}: it must be at least 32` : null;
    },
    /** @param {any} setting */
    costs: (setting) => {
      const convention = conventions[setting.convention];
      const made = rows(setting).map(({ tally, ...row }) => ({ ...row,
        params: weigh(tally, convention.params), mult_adds: weigh(tally, convention.mult_adds) }));
      return { rows: made, params: sum(made.map((row) => row.params)), mult_adds: sum(made.map((row) => row.mult_adds)),
        activations: sum(made.map((row) => row.activations)) };
    },
    /** @param {any} setting */
    totals: (setting) => {
      const { params, mult_adds, activations } = engine.costs(setting);
      return { params, mult_adds, activations };
    },
    /** @param {any} setting */
    tally: (setting) => {
      /** @type {Record<string, number>} */
      const total = {};
      for (const { tally } of rows(setting)) for (const [name, value] of Object.entries(tally)) total[name] = (total[name] ?? 0) + Number(value);
      return total;
    },
    /** @param {any} setting */
    ledger: (setting) => {
      const convention = conventions[setting.convention];
      return Object.entries(engine.tally(setting)).map(([name, value]) =>
        ({ name, value, params: value * (convention.params[name] ?? 0), mult_adds: value * (convention.mult_adds[name] ?? 0) }));
    },
    /** @param {any} setting @param {string} _allocator */
    memory: (setting, _allocator) => {
      const live = rows(setting).map(({ input, output }) => input[0] * input[1] * input[2] + output[0] * output[1] * output[2]);
      const peak = Math.max(...live);
      return { peak, row: live.indexOf(peak), live };
    },
    /** @param {any} setting @param {string} dtype */
    flash: (setting, dtype) => engine.totals({ ...setting, convention: "macs" }).params * engine.bytes(dtype),
    /** @param {string} dtype */
    bytes: (dtype) => ({ int8: 1, float16: 2 })[dtype] ?? 4,
    /** @param {string} network @param {string} _implementation @returns {number[]} */
    steps: (network, _implementation) => tables[network].alphas,
    /** @param {any} setting */
    blocks: (setting) => {
      /** @type {{name: string, operator: string, rows: number[], input: number[], output: number[]}[]} */
      const blocks = [];
      rows(setting).forEach((row, index) => {
        const name = row.name.split(".").slice(0, 2).join(".");
        const last = blocks.at(-1);
        if (last?.name === name) { last.rows.push(index); last.output = row.output; }
        else blocks.push({ name, operator: row.operator, rows: [index], input: row.input, output: row.output });
      });
      return blocks;
    },
    /** @param {any} setting @param {number} index */
    formula: (setting, index) => ({ text: "3 x 3 x 24 x 80 x 80", value: rows(setting)[index]?.activations, standard: null }),
    /** @param {any} setting @param {string} _device */
    latency: (setting, _device) => ({ milliseconds: engine.totals(setting).mult_adds / 1e7, low: null, high: null, reason: null, measured: null }),
    /** @param {any} _setting */
    top1: (_setting) => ({ top1: 71.8, low: 71, high: 72.4, exact: false, recipe: null, reason: null }),
    /** @param {string} _network @param {string} _implementation */
    checkpoints: (_network, _implementation) => [{ alpha: 1, resolution: 224, top1: 71.8, recipe: "official" }],
    /** @param {string} _network @returns {any[]} */
    figures: (_network) => [],
  };
  return engine;
}
