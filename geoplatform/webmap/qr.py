"""An address as a QR code (ISO/IEC 18004), as SVG that a page with a strict policy may hold."""

from __future__ import annotations

import qrcode

QUIET = 4  # modules of white around it, as the standard asks for


def qr_svg(address: str, label: str) -> str:
    """One path; attributes only. `label` says what it is to those who do not see it. Raises DataOverflowError."""
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    made.add_data(address)
    made.make(fit=True)
    matrix = made.get_matrix()
    size = len(matrix)
    runs = []
    for y, line in enumerate(matrix):
        x = 0
        while x < size:
            width = 0
            while x + width < size and line[x + width]:
                width += 1
            if width:
                runs.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width or 1
    return (
        f'<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" '
        f'aria-label="{label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{"".join(runs)}"/></svg>'
    )
