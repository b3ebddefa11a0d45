# A revert is a change of its own, with an undo of its own: nothing is done here without that. The
# program that runs this holds its lock.
revert=$(readlink -f -- "$root/armed")
if ! { [ -e "$revert/open" ] && grep -qxF -- "# The change takes change ${here##*/} back." "$revert/undo"; }; then
    printf '%s\n' \
        "No revert of change ${here##*/} is armed. Nothing was done." \
        "runbook revert $host ${here##*/} makes one, from an operator's machine." >&2
    exit 1
fi
who='taking back' journal=$revert/journal
# Two at once would trip over each other, and so would the undo of the change itself.
command exec 8>>"$here/undo.lock" || say 'the lock cannot be opened: going on without it'
flock -w 10 8 || say 'an undo is still at work: going on beside it'
