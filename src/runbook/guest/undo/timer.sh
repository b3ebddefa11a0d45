# Starts the countdown to the undo, which comes in $left seconds, at the uptime $moment.
start_timer() {
    if [ -d /run/systemd/system ]; then
        systemd-run --quiet --collect --unit="runbook-inside-$id-$moment" \
            --on-active="${left}s" --timer-property=AccuracySec=50ms --property=Type=oneshot \
            --property=KillMode=process /bin/sh "$here/undo" deadline
    else
        # shellcheck disable=SC2016 # it is the inner sh that knows them
        setsid /bin/sh -c 'echo $$ >"$1/timer.pid"; sleep "$2"; exec /bin/sh "$1/undo" deadline' \
            sh "$here" "$left" </dev/null >>"$here/log" 2>&1 &
    fi
}
