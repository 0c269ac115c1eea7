"""
Python's ipaddress beside the others. Arguments: the file of the input, for how many milliseconds to measure, and optionally a file for
the output; with that, it runs but once. Prints what it took, as JSON.
"""

import json
import resource
import statistics
import sys
import time
from ipaddress import collapse_addresses, ip_network, summarize_address_range


def merge(networks):
    """Both families, each sorted and merged."""
    return [list(collapse_addresses(n for n in networks if n.version == version)) for version in (4, 6)]


def subtract(networks, holes):
    """What is in none of the holes, in one sweep; both are sorted and merged."""
    left = []
    first = 0
    for network in networks:
        start, end = network.network_address, network.broadcast_address
        while first < len(holes) and holes[first].broadcast_address < start:
            first += 1
        if first == len(holes) or holes[first].network_address > end:
            left.append(network)
            continue
        start = int(start)
        index = first
        while index < len(holes) and holes[index].network_address <= end:
            hole = holes[index]
            if int(hole.network_address) > start:
                left += parts(network, start, int(hole.network_address) - 1)
            start = max(start, int(hole.broadcast_address) + 1)
            index += 1
        if start <= int(end):
            left += parts(network, start, int(end))
    return left


def parts(network, start, end):
    address = type(network.network_address)
    return summarize_address_range(address(start), address(end))


def run(given):
    ranges, others = ([ip_network(text, strict=False) for text in given[key]] for key in ("ranges", "others"))
    merged = merge(ranges)
    left = [network for pair in zip(merged, merge(others)) for network in subtract(*pair)]
    return {"merged": [str(n) for family in merged for n in family], "left": [str(n) for n in left]}


def main():
    input_file, milliseconds, *output_file = sys.argv[1:]
    with open(input_file) as file:
        given = json.load(file)
    times = []
    before = time.process_time()
    while not times or time.process_time() < before + float(milliseconds) / 1000:
        started = time.perf_counter()
        output = run(given)
        text = "\n".join(output["merged"]) + "\n" + "\n".join(output["left"])
        times.append((time.perf_counter() - started) * 1000)
        assert text
    cpu = (time.process_time() - before) * 1000 / len(times)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if output_file:
        with open(output_file[0], "w") as file:
            json.dump(output, file)
    print(json.dumps({"times": {"all": statistics.median(times), "cpu": cpu}, "memory": memory}))


main()
