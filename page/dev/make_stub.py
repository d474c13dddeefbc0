"""Write data for the stub engine: a stand-in until the real engine and its data are here."""
import json
import sys
from dataclasses import asdict

from mbcost.analytic.network import resolve
from mbcost.questions.cost.table import tabulate_costs
from mbcost.spec.catalogue.library import load_convention, load_conventions, load_spec

macs = load_convention("macs")
networks = []
for name, impls in [("v2", ["official", "torchvision"]), ("v1", ["official"]), ("v3-large", ["official"]), ("v3-small", ["official"])]:
    spec = load_spec(name)
    published = [0.25, 0.5, 0.75, 1] if name == "v1" else [0.35, 0.5, 0.75, 1, 1.3, 1.4] if name == "v2" else [0.35, 0.5, 0.75, 1, 1.25]
    alphas = sorted({*(round(0.1 + 0.05 * i, 2) for i in range(29)), *published})
    tables = {}
    for impl in impls:
        tables[impl] = {}
        for alpha in alphas:
            network = resolve(spec, alpha=float(alpha), implementation=impl)
            rows = tabulate_costs(network, macs).rows
            tables[impl][f"{alpha:g}"] = [
                [row.name, row.printed.stage, row.operator, row.kernel, row.stride, row.groups, row.input, row.output,
                 {k: v for k, v in asdict(step.tally).items() if v}, row.activations]
                for row, step in zip(rows, network.steps, strict=True)
            ]
    networks.append({"name": name, "title": spec.title, "impls": impls, "alphas": alphas, "published": published, "tables": tables})
conventions = [
    {"name": c.name, "title": c.title, "params": dict(c.params_coefficients), "mult_adds": dict(c.mult_adds_coefficients)}
    for c in load_conventions().values()
]
json.dump({"networks": networks, "conventions": conventions}, sys.stdout, separators=(",", ":"))
