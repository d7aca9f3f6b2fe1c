/// What has been run in a pod so far, and what is left.
///
/// A pod keeps the record itself, in the user's home, so that it goes with the pod. It is a convenience, no defence: the user may
/// write it, and the commands are the user's.
struct LifecyclePlan: Equatable {
    /// Lines of the record: a stage's name, and after `postStartCommand` which start it was for.
    var done: [String]
    /// This start of the pod.
    var start: String

    static let recordFile = ".local/state/tazpod/lifecycle"

    /// Prints the record, and then which start of the pod this is: when its PID 1 began (proc_pid_stat(5)), since boot.
    static let question = LifecycleCommand.shell(
        """
        cat "$HOME/\(recordFile)" 2>/dev/null
        sed 's/.*) //' /proc/1/stat | cut -d' ' -f20
        cat /proc/sys/kernel/random/boot_id
        """)

    /// - Parameter answer: What `question` printed.
    init(answer: String) {
        var lines = answer.split(separator: "\n").map { String($0) }
        start = lines.suffix(2).joined(separator: "/")
        lines.removeLast(min(2, lines.count))
        done = lines
    }

    /// The line that says that `stage` is done.
    func mark(_ stage: LifecycleStage) -> String { stage.isOnce ? stage.rawValue : "\(stage.rawValue) \(start)" }

    /// What is still to be run at this start, in order.
    func remaining(of commands: [LifecycleCommand]) -> [LifecycleCommand] {
        commands.filter { LifecycleStage.ofStart.contains($0.stage) && !done.contains(mark($0.stage)) }
    }

    /// Adds the stage's mark to the record.
    func noting(_ stage: LifecycleStage) -> [String] {
        LifecycleCommand.shell(
            "mkdir -p \"$HOME/.local/state/tazpod\" && echo '\(mark(stage))' >>\"$HOME/\(LifecyclePlan.recordFile)\"")
    }
}
