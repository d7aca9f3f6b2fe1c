import Contract
import FoundationEssentials
import Logging

/// Asks an engine's command line, and does not wait for one that hangs.
struct EngineProbe {
    let log: Logger

    /// A daemon that is asked for its version answers in far less.
    static let seconds = 5

    private struct Information: Decodable {
        var version: String
        /// docker's word for it is among others.
        var security: [String]?
        var rootless: Bool?
        var kernel: String?
        var folder: String?
    }

    func docker() -> EngineAnswer {
        let format = """
            {"version":{{json .ServerVersion}},"security":{{json .SecurityOptions}},"kernel":{{json .KernelVersion}},\
            "folder":{{json .DockerRootDir}}}
            """
        return ask(["docker", "info", "--format", format]) { output in
            guard var engine = EngineProbe.engine(output) else { return nil }
            engine.hasNetwork = hasBridge()
            return .answers(engine)
        }
    }

    /// What is installed: to tell more podman would make its folders.
    func installedPodman() -> EngineAnswer {
        ask(["podman", "--version"]) { output in
            output.split { $0 == " " || $0 == "\n" }.last.map { .installed(version: String($0)) }
        }
    }

    func podman() -> EngineAnswer {
        let format = """
            {"version":{{json .Version.Version}},"rootless":{{json .Host.Security.Rootless}},"kernel":{{json .Host.Kernel}},\
            "folder":{{json .Store.GraphRoot}}}
            """
        return ask(["podman", "info", "--format", format]) { EngineProbe.engine($0).map { .answers($0) } }
    }

    private static func engine(_ output: String) -> EngineAnswer.Engine? {
        guard let found = try? JSONDecoder().decode(Information.self, from: Data(output.utf8)), !found.version.isEmpty else {
            return nil
        }
        var engine = EngineAnswer.Engine(version: found.version)
        engine.isRootless = found.rootless ?? found.security?.contains { $0.contains("rootless") } ?? false
        engine.kernel = found.kernel
        engine.dataFolder = found.folder
        return engine
    }

    private func ask(_ arguments: [String], _ read: (String) -> EngineAnswer?) -> EngineAnswer {
        let result: CommandOutput
        do {
            result = try HostCommand(arguments: arguments).run(seconds: EngineProbe.seconds, log: log)
        } catch {
            if error.code == .timeout { return .silent(seconds: EngineProbe.seconds) }
            return error.sentence.hasPrefix("there is no ") ? .notInstalled : .failed(error.sentence)
        }
        if result.status == 0, let answer = read(result.output) { return answer }
        return .failed(result.status == 0 ? "it speaks another version's words" : result.complaint)
    }

    private func hasBridge() -> Bool {
        let result = try? HostCommand(arguments: ["docker", "network", "ls", "--format", "{{.Name}}"]).run(
            seconds: EngineProbe.seconds, log: log)
        return result?.output.split(separator: "\n").contains("bridge") ?? false
    }

    /// - Parameter command: The engine's.
    func image(_ name: String, command: String) -> ImageAnswer {
        let arguments = [command, "image", "inspect", "--format", "{{.Size}}", name]
        guard let result = try? HostCommand(arguments: arguments).run(seconds: EngineProbe.seconds, log: log) else {
            return .notAsked
        }
        return result.status == 0 ? .present(bytes: UInt64(result.output.filter { !$0.isWhitespace })) : .absent
    }
}
