import Contract

/// A native pod has this machine's network: a port of the pod is the same port here, at the address that the program there listens on.
enum NativePorts {
    private static let loopback = "127.0.0.1"

    /// - Throws: code 4 for a port that would have to be another one here, or to be published at an address.
    static func check(_ plan: PodPlan) throws(Failure) {
        for port in plan.workspace.ports where port.hostPort != port.podPort || port.hostAddress != loopback {
            let asked = "\(port.hostAddress):\(port.hostPort):\(port.podPort)"
            throw Failure(
                .provider,
                """
                native pods share this machine's network, where port \(port.podPort) of the pod is port \(port.podPort) at the address \
                its program listens on: under ports: write \"\(port.podPort)\" in place of \"\(asked)\", or choose docker or podman
                """)
        }
    }
}
