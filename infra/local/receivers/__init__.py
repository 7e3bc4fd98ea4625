"""The JavaScript libraries that receivers verify with, and Node.js to run them."""

from pathlib import Path

from infra.local.children import ROOT
from infra.local.node import NodeServer

LIBRARIES = NodeServer("the receivers' libraries", Path(__file__).parent)
HOME = ROOT / ".local" / "receivers"
