import ArgumentParser

/// Which part of a pod ssh leads to.
enum SSHSession: String, CaseIterable, ExpressibleByArgument {
    /// The public area.
    case main
    /// The open enclave, after proof.
    case ghost

    /// What ssh calls it: the pod's own name, which no other checkout has.
    func host(of podName: String) -> String {
        self == .main ? podName : "\(podName)-\(rawValue)"
    }

    /// Takes away the keys, and the entry in the user's configuration.
    func forget(podName: String) {
        // Without a home there is none.
        (try? SSHConfigFile(host: host(of: podName)))?.remove()
        SSHKeys.of(podName: podName, self).remove()
    }
}
