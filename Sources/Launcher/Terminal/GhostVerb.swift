import ArgumentParser

/// A verb that leads into a ghost.
protocol GhostVerb: ParsableCommand {
    var options: GlobalOptions { get }
    var passphrase: SecretOrigin? { get }
    /// Whether it does with these arguments.
    var leadsIntoGhost: Bool { get }

    /// - Returns: the status of what ran.
    func run(through ghost: DirectGhost) throws -> Int32
}

extension GhostVerb {
    var leadsIntoGhost: Bool { true }

    /// Runs where the host reaches into the pod by itself, and then passes the status on.
    ///
    /// - Returns: false where it does not.
    func runDirectly() throws -> Bool {
        guard leadsIntoGhost else { return false }
        let choice = ProviderChoice(log: options.log)
        guard let (pod, root) = try choice.findReachablePod(of: options.findProject()) else { return false }
        let host = HostGhost(pod: pod, log: options.log, passphrase: passphrase)
        options.log.debug("asking the pod's tazpod-init through \(root)")
        try PassedStatus.pass(run(through: DirectGhost(host: host, root: root)))
        return true
    }
}
