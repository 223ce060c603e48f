# Sourced by the tests of machines that stay up, after checks.sh: machines live in $RINGSIDE_HOME
# below the scratch folder, and none survives the test.

export RINGSIDE_HOME=$work/machines
unset RINGSIDE_MACHINE
drive=$RINGSIDE_HOME/default/C

end_machines() {
    local name
    for name in "$RINGSIDE_HOME"/*/; do
        timeout 20 "$ringside" shutdown "$name" > /dev/null 2>&1
    done
    rm -rf "$work"
}
trap end_machines EXIT

# eventually COMMAND...: the command succeeds within five seconds.
eventually() {
    local end=$((SECONDS + 5))
    until "$@" > eventually.log 2>&1; do
        if [ $SECONDS -ge $end ]; then
            cat eventually.log
            return 1
        fi
        sleep 0.05
    done
}

# watch ARGUMENTS...: dbgview in the background; its lines go to the files lines and states.
watch() {
    true > lines
    true > states
    "$ringside" dbgview "$@" > lines 2> states &
    watcher=$!
    eventually match states 'watching'
}
