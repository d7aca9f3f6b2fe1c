import Contract

/// What `--help`, `--version` and `-l` print.
enum Usage {
    static let version = "tazpod-init \(tazpodVersion)"

    static let license = """
        TazPod is free software under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
        """

    static let help = """
        tazpod-init, the first process of a pod

        Usage: tazpod-init [OPTIONS] [--] COMMAND [ARG...]   run COMMAND, forward signals to it, reap orphans
               tazpod-init                                   supervise a workspace
               tazpod-init --probe ready|live [--wait SECONDS]
                                                             ask the supervisor; 0 or 1

        Options:
          -s          become the reaper of our descendants when not PID 1 (or TINI_SUBREAPER is set)
          -g          send signals to COMMAND's whole process group (or TINI_KILL_PROCESS_GROUP is set)
          -p SIGNAL   receive SIGNAL when our parent dies
          -w          say when an orphan was reaped
          -e CODE     let COMMAND's exit status CODE count as 0; may be repeated
          -v          say more; may be repeated (TINI_VERBOSITY sets the level)
          -l          print the license
          -h, --help  print this text
          --version   print the version

        Exit status: COMMAND's own; 128+n when signal n ended it; 127 when it was not found, 126 when it could not be run.
        """
}
