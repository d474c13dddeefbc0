/** A small engine with the answers that the state needs: two tables and a file. */

const alphas = [0.5, 0.75, 1];
/** @param {string} name @param {object} [more] */
const network = (name, more) => ({
  name, title: `Net ${name}`, channels: 3, source: "", resolution: [224, 224], alphas, resolutions: [160, 224],
  classes: null, has_classes: true, default_implementation: "official", operators: [], figures: [], command: [name],
  implementations: { official: { source: "" }, keras: { source: "" } }, ...more,
});
export const HOSTILE = "<img onerror=x>&vs=a@1/2:3 ü%";

export function createFake() {
  const networks = [
    network("v2"),
    network("v1", { implementations: { official: { source: "" } }, alphas: [0.25, 1] }),
    network(HOSTILE, { command: ["./a file.onnx", "--kwargs", "a=1"], fixed: { alpha: 1 }, has_classes: false, implementations: { own: { source: "" } }, default_implementation: "own", alphas: [1] }),
  ];
  const find = (/** @type {string} */ name) => {
    const known = networks.find((one) => one.name === name);
    if (!known) throw new RangeError(`no network '${name}'`);
    return known;
  };
  return /** @type {any} */ ({
    networks,
    find,
    blocks: () => [{ name: "0.1" }, { name: "2.1" }],
    data: { shown: { network: "v2", alpha: 1, resolution: [224, 224], implementation: "official", classes: 1000 } },
    conventions: [{ name: "macs", title: "" }, { name: "fvcore", title: "" }],
    allocators: ["naive", "fused-block"],
    dtypes: [{ name: "int8", bytes: 1 }, { name: "float32", bytes: 4 }],
    devices: [{ name: "pixel1-tflite" }],
    parse(/** @type {string} */ text) {
      const own = networks.filter(({ name }) => text.startsWith(name)).at(-1);
      const match = own && /^(?:@([^@/:]*))?(?:\/([0-9]+)(?:x([0-9]+))?)?(?::(.*))?$/.exec(text.slice(own.name.length));
      if (!own || !match) throw new RangeError(`'${text}' is not a network`);
      const [, alpha = "1", height = "224", width = height, implementation = own.default_implementation] = match;
      return { network: own.name, alpha: Number(alpha), resolution: [Number(height), Number(width)], implementation };
    },
    spell: (/** @type {any} */ { network, alpha, resolution: [height, width], implementation }) =>
      `${network}@${alpha}/${height === width ? height : `${height}x${width}`}:${implementation}`,
    check: (/** @type {any} */ { network, alpha, implementation }) =>
      !(implementation in find(network).implementations) ? `no implementation ${implementation}`
        : alpha > 0 && alpha <= 4 ? null : `alpha is ${alpha}: it must be at most 4`,
  });
}
