import Contract
import FoundationEssentials
import Logging

extension FoundPod {
    /// Asks the pod's own `tazpod`, as the workspace user, for something that it prints as JSON.
    func ask<Answer: Decodable>(_ arguments: [String], as type: Answer.Type, log: Logger) async throws -> Answer {
        let request = PodCommand(arguments: ["\(provider.programFolder)/tazpod"] + arguments, directory: "/")
        let result = try await provider.command(request, in: record).run(log: log)
        guard result.status == 0 else {
            // What the pod's own tazpod says, as it says it; else its engine could not run it.
            guard let code = ExitCode(rawValue: result.status), result.complaint.hasPrefix(Console.prefix) else {
                throw Failure(.provider, "the pod \(record.name) does not answer: \(result.complaint)")
            }
            throw Failure(code, String(result.complaint.dropFirst(Console.prefix.count)))
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)) else {
            throw Failure(.provider, "the pod \(record.name) answers in a form of another version; rebuild its image")
        }
        return answer
    }
}

extension PodRecord {
    /// What scripts see of a pod.
    struct Published: Encodable {
        var name: String
        var project: String
        var directory: String
        var provider: String
        var state: State
        /// The volume that is its workspace, where no folder is.
        var volume: String?
    }

    var published: Published {
        Published(name: name, project: project, directory: directory, provider: provider, state: state, volume: volume)
    }
}
