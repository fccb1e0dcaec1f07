"""Messages and packets of the tunnel for its tests: packages/tunnel/test/vectors/tunnel.json.

    python3 interop/python/vcl_tunnel_vectors.py > packages/tunnel/test/vectors/tunnel.json

Then `npx biome check --write` on that file. Made from SPEC 14 alone; the output is always the same.
"""

import sys

from vcl.vectors_tunnel import as_text

if __name__ == "__main__":
    sys.stdout.write(as_text())
