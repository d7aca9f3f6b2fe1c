import CLinux
import Contract
import Linux

/// Which variables of this host's environment its user lets go into a project's vault. Kept where no pod reaches.
struct VariableConsent {
    private let project: Project
    private let path: String?

    init(project: Project) {
        self.init(project: project, folder: HostConsent.folder(environmentValue))
    }

    init(project: Project, folder: String?) {
        self.project = project
        // In the project it would be in the pod.
        path = folder.flatMap { $0.hasPrefix(project.directory + "/") ? nil : "\($0)/\(project.podName).env" }
    }

    /// Those granted so far.
    private var granted: [String] {
        guard let path, let bytes = try? readFile(path, stage: "read the consent") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    /// Asks for those of `names` that are not granted yet, where somebody is there.
    ///
    /// - Returns: those that are granted now.
    func obtain(for names: [String], granted now: [String]) throws(Failure) -> Set<String> {
        let known = granted
        var new = now.filter { names.contains($0) && !known.contains($0) }
        let open = names.filter { !known.contains($0) && !new.contains($0) }
        if !open.isEmpty && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 {
            Console.printError(
                "\(SecretsFile.path) wants these variables of your environment in the vault: \(open.joined(separator: ", ")).\n"
                    + "Whoever works in the pod can write that file. Type yes to let them go there:")
            if readLine(strippingNewline: true) == "yes" { new += open }
        }
        if !new.isEmpty { try keep(known + new) }
        return Set(known + new)
    }

    private func keep(_ names: [String]) throws(Failure) {
        guard let path else { return }
        try HostConsent.write(names.joined(separator: "\n") + "\n", to: path)
    }
}
