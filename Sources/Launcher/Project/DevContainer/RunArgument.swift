/// One word of `runArgs`: an option of `docker run`, and what becomes of it.
struct RunArgument: Equatable {
    enum Option: Equatable {
        case capability, cpu, gpu, memory, mount, namespace, port, security, variable, volume
    }

    enum Meaning: Equatable {
        /// It does the same in a pod.
        case taken(Option)
        /// It would take the pod's walls down.
        case forbidden
        /// It has no value and no effect.
        case alone
        case unknown
    }

    var name: String
    /// What stands after `=`.
    var value: String?

    init(_ word: String) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        name = parts.first ?? word
        value = parts.count > 1 ? parts[1] : nil
        // `-p3000`, as docker takes it.
        if !name.hasPrefix("--"), name.count > 2 {
            value = String(word.dropFirst(2))
            name = String(word.prefix(2))
        }
    }

    var meaning: Meaning {
        if let option = RunArgument.taken[name] { return .taken(option) }
        if name == "--privileged" { return value == "false" ? .alone : .forbidden }
        if RunArgument.forbidden.contains(name) { return .forbidden }
        return RunArgument.alone.contains(name) ? .alone : .unknown
    }

    private static let taken: [String: Option] = [
        "--cap-add": .capability, "--cpus": .cpu, "--gpus": .gpu, "--memory": .memory, "-m": .memory, "--mount": .mount,
        "--network": .namespace, "--net": .namespace, "--pid": .namespace, "--ipc": .namespace, "--uts": .namespace,
        "--userns": .namespace, "--cgroupns": .namespace, "--publish": .port, "-p": .port, "--security-opt": .security,
        "--env": .variable, "-e": .variable, "--volume": .volume, "-v": .volume,
    ]

    private static let forbidden = [
        "--device", "--device-cgroup-rule", "--volumes-from", "--cgroup-parent", "--runtime", "--entrypoint",
    ]

    private static let alone = [
        "--init", "--rm", "--interactive", "-i", "--tty", "-t", "-it", "--detach", "-d", "--read-only", "-P",
    ]
}
