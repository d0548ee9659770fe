"""Whether a history of reads and writes is one that a cluster may show: there is one order of all
writes of a register, as if each happened at one moment of its call, and a read shows a value that
was current during the read or at most a lease before it. On each node, nothing goes back: a later
read shows no older value, and none older than what was written there.

Each value is written once. Then everything that must come earlier than something else follows from
when calls began and ended (Gibbons and Korach, Testing Shared Memories, 1997): of two values, one
comes first if any call that wrote or saw it ended before one of the other's began. The history is
possible if these relations of all values, the timed one and one for each node, have no cycle."""

import math
from collections import namedtuple

# `end` is infinite for a write whose outcome is unknown.
Call = namedtuple("Call", "kind node value begin end")  # kind: "read" or "write"

INITIAL = "(nothing)"  # the value before every write


class Impossible(AssertionError):
    pass


class _Span:
    """Of a value: the earliest end and the latest beginning of the calls that wrote or saw it."""

    def __init__(self):
        self.first_end = math.inf
        self.last_begin = -math.inf

    def add(self, begin, end):
        self.first_end = min(self.first_end, end)
        self.last_begin = max(self.last_begin, begin)


def order_of(calls, lease):
    """The values of one register in an order that explains all its calls. Raises Impossible."""
    writes = {call.value: call for call in calls if call.kind == "write"}
    reads = [call for call in calls if call.kind == "read"]
    for call in reads:
        if call.value is not INITIAL and call.value not in writes:
            raise Impossible("read what nobody wrote: %s" % (call,))
        if call.value is not INITIAL and call.end < writes[call.value].begin:
            raise Impossible("read before it was written: %s" % (call,))
    seen = {call.value for call in reads}
    # What nobody saw and nobody acknowledged may never have happened.
    values = [value for value, call in writes.items() if value in seen or call.end < math.inf]
    if INITIAL in seen:
        values.append(INITIAL)
    relations = [_timed(values, writes, reads, lease)]
    relations += [_on_node(node, values, writes, reads) for node in {call.node for call in calls}]
    return _sorted(values, relations)


def _begin_of(value, writes):
    return -math.inf if value is INITIAL else writes[value].begin


def _timed(values, writes, reads, lease):
    spans = {value: _Span() for value in values}
    for value in values:
        end = -math.inf if value is INITIAL else writes[value].end
        spans[value].add(_begin_of(value, writes), end)
    for call in reads:
        spans[call.value].add(call.begin - lease, call.end)
    return spans


def _on_node(node, values, writes, reads):
    """Here the writes of other nodes may arrive at any time after they began."""
    spans = {value: _Span() for value in values}
    for value in values:
        is_own = value is not INITIAL and writes[value].node == node
        spans[value].add(_begin_of(value, writes), writes[value].end if is_own else math.inf)
    for call in reads:
        if call.node == node:
            spans[call.value].add(call.begin, call.end)
    return spans


def _sorted(values, relations):
    """Takes, again and again, a value before which no other one has to come."""
    left = sorted(values, key=lambda value: relations[0][value].last_begin)
    ordered = []
    while left:
        bounds = [_two_smallest(spans, left) for spans in relations]
        chosen = next((value for value in left if _may_be_next(value, relations, bounds)), None)
        if chosen is None:
            raise Impossible(_explained(left, relations))
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _two_smallest(spans, left):
    """Of the earliest ends, with the value of the first one."""
    first, owner, second = math.inf, None, math.inf
    for value in left:
        end = spans[value].first_end
        if end < first:
            first, owner, second = end, value, first
        elif end < second:
            second = end
    return first, owner, second


def _may_be_next(value, relations, bounds):
    for spans, (first, owner, second) in zip(relations, bounds):
        bound = second if first < math.inf and owner == value else first
        if bound < spans[value].last_begin:
            return False
    return True


def _explained(left, relations):
    """The shortest contradiction: two values that each come first, if there are."""
    def precedes(one, other):
        return next((number for number, spans in enumerate(relations)
                     if spans[one].first_end < spans[other].last_begin), None)
    for index, one in enumerate(left):
        for other in left[index + 1:]:
            there, back = precedes(one, other), precedes(other, one)
            if there is not None and back is not None:
                return ("no order: %r before %r (%s), and after it (%s); %s" % (
                    one, other, _name(there), _name(back),
                    [(vars(relations[n][one]), vars(relations[n][other])) for n in (there, back)]))
    return "no order of the values %r" % (left,)


def _name(number):
    return "by time" if number == 0 else "on one node"


def ages_of(calls, ordered):
    """Of each read, how many seconds before it began its value had been replaced for certain."""
    ended = {call.value: call.end for call in calls if call.kind == "write"}
    replaced = {}  # from when on
    earliest = math.inf
    for value in reversed(ordered):
        replaced[value] = earliest
        earliest = min(earliest, ended.get(value, math.inf))
    return [max(0.0, call.begin - replaced[call.value]) for call in calls if call.kind == "read"]
