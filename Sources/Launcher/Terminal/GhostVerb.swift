import ArgumentParser

/// A verb that leads into a ghost.
protocol GhostVerb: ParsableCommand {
    var options: GlobalOptions { get }
    var passphrase: SecretOrigin? { get }

    /// - Returns: the status of what ran; nil when this is not the verb's business after all.
    func run(through ghost: DirectGhost) throws -> Int32?
}

extension GhostVerb {
    /// Runs where the host reaches into the pod by itself, and then passes the status on.
    ///
    /// - Returns: false where it does not.
    func runDirectly() throws -> Bool {
        let choice = ProviderChoice(log: options.log)
        guard let (pod, root) = try choice.findReachablePod(of: options.findProject()) else { return false }
        let host = HostGhost(pod: pod, log: options.log, passphrase: passphrase)
        options.log.debug("asking the pod's tazpod-init through \(root)")
        guard let status = try run(through: DirectGhost(host: host, root: root)) else { return false }
        try PassedStatus.pass(status)
        return true
    }
}
