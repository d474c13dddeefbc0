"""Write a preview of the page with the stub's data: build first, then this."""
import sys
from pathlib import Path

from mbcost.present.page.document import fill_page

data = Path(__file__).with_name("stub.json").read_text()
Path(sys.argv[1]).write_text(fill_page(data, title="mbcost: MobileNets to scale", generator="mbcost"))
