"""table - figures of many rounds as lines of text."""

import statistics


def number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def spread(values):
    """median (least–most)"""
    middle = number(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))}–{number(max(values))})"


def ratios(ours, theirs):
    """Round by round, so that a slow minute hits both sides."""
    return [ours[key] / theirs[key] for key in ours
            if theirs.get(key) and ours[key] is not None]


def print_rows(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows])
              for i in range(len(header))]
    for index, row in enumerate([header, *rows]):
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        print("  " + "  ".join(cells).rstrip())
        if index == 0:
            print("  " + "  ".join("-" * width for width in widths))
    print()
