import CLinux
import Linux

/// Under a shell, Ctrl-Z has to stop us as well as the command, because the shell looks at us alone.
extension RunningCommand {
    /// The command was stopped by `signal`: gives the terminal back to whoever waits for us, and stops our own group as the
    /// terminal would have, with whatever else is in the shell's job.
    mutating func commandStopped(_ signal: Int32) {
        guard let terminal else { return }
        isStopped = true
        terminal.takeBack(from: pid)
        let ours = SignalNumbers.terminalStops.contains(signal) ? signal : SIGTSTP
        kill(0, ours)
        letIn(ours)
        // Somebody continued us, and the loop is about to see it.
        if SignalSet.pending.contains(SIGCONT) { return }
        // Nobody can: the kernel drops a terminal's stop for PID 1, and where no shell waits for us (setpgid(2), orphaned groups).
        // It would have dropped the command's too, had that run without us. What somebody meant to stop stays stopped.
        if signal != SIGSTOP && !wasAskedToStop && terminal.handOver(to: pid) {
            kill(-pid, SIGCONT)
            isStopped = false
        }
        wasAskedToStop = false
    }

    /// We go on, in the foreground or not.
    func handTerminalOver() {
        guard let terminal, !hasEnded else { return }
        terminal.handOver(to: pid)
    }

    /// Lets a signal that waits for us in.
    private func letIn(_ signal: Int32) {
        var others = SignalSet.all
        others.remove(signal)
        _ = try? others.setAsMask()
        _ = try? SignalSet.all.setAsMask()
    }
}
