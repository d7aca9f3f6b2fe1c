import ArgumentParser
import FoundationEssentials
import Linux
import Logging

/// The names of the pod's sessions, for a shell that completes a word.
enum SessionNames {
    static let completion = CompletionKind.custom { _, _, _ in all() }

    /// A shell waits for no more than that.
    private static let seconds = 5

    /// Asked of a tazpod of its own, in the folder where the user types; none where there is no pod.
    private static func all() -> [String] {
        guard let program = try? ownFolder() + "/tazpod" else { return [] }
        let silent = Logger(label: "tazpod") { _ in SwiftLogNoOpLogHandler() }
        let command = HostCommand(arguments: [program, "sessions", "--json"])
        guard let output = try? command.run(seconds: seconds, log: silent), output.status == 0,
            let list = try? JSONDecoder().decode(SessionList.self, from: Data(output.output.utf8))
        else { return [] }
        return list.sessions.map { $0.name }
    }
}
