import Contract
import FoundationEssentials

/// A pod read back from its container.
enum EngineRecord {
    /// One line of JSON a container, with nothing but what we need: inspect's own output would hold the environment.
    static let inspectFormat = "{\"name\":{{json .Name}},\"state\":{{json .State.Status}},\"labels\":{{json .Config.Labels}}}"

    /// The same of `ps`, where labels are a map.
    static let listFormat = "{\"name\":{{json .Names}},\"state\":{{json .State}},\"labels\":{{json .Labels}}}"

    /// The same where they are one text, in which a label's end cannot be told from a comma in it.
    static let listFormatByLabel = {
        let labels = EngineLabels.all.map { "\"\($0)\":{{json (.Label \"\($0)\")}}" }.joined(separator: ",")
        return "{\"name\":{{json .Names}},\"state\":{{json .State}},\"labels\":{\(labels)}}"
    }()

    /// The states in which there is a first process. podman's `ps` has `Up 3 minutes` in the place of `running`.
    private static func runs(_ state: String) -> Bool {
        ["running", "paused", "restarting"].contains(state) || state.hasPrefix("Up ")
    }

    private struct Inspection: Decodable {
        var name: String
        var state: String
        var labels: [String: String]?
    }

    /// - Parameter engine: Its name.
    /// - Throws: code 4 when it answers in another form.
    static func parse(_ output: String, of engine: String) throws -> [PodRecord] {
        try output.split(separator: "\n").map { line in
            guard let found = try? JSONDecoder().decode(Inspection.self, from: Data(line.utf8)) else {
                throw Failure(.provider, "\(engine) answers in a form that this version does not know; is it \(engine)?")
            }
            return record(found, engine)
        }
    }

    /// The daemon's own words for a container.
    private struct Container: Decodable {
        struct State: Decodable {
            var status: String

            enum CodingKeys: String, CodingKey {
                case status = "Status"
            }
        }

        struct Config: Decodable {
            var labels: [String: String]?

            enum CodingKeys: String, CodingKey {
                case labels = "Labels"
            }
        }

        var name: String
        var state: State
        var config: Config

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case state = "State"
            case config = "Config"
        }
    }

    /// - Returns: nil when it is of another form.
    static func parse(container: [UInt8], of engine: String) -> PodRecord? {
        guard let found = try? JSONDecoder().decode(Container.self, from: Data(container)) else { return nil }
        return record(Inspection(name: found.name, state: found.state.status, labels: found.config.labels), engine)
    }

    private static func record(_ found: Inspection, _ engine: String) -> PodRecord {
        let labels = found.labels ?? [:]
        // A link to it is another name, after a comma.
        return PodRecord(
            name: String(found.name.drop { $0 == "/" }.prefix { $0 != "," }), project: labels[EngineLabels.project] ?? "",
            directory: labels[EngineLabels.directory] ?? "", provider: engine,
            state: runs(found.state) ? .running : .stopped, planDigest: labels[EngineLabels.plan] ?? "",
            user: labels[EngineLabels.user] ?? "tazpod",
            environment: UserEnvironment.parse(labels[EngineLabels.environment] ?? ""),
            volume: labels[EngineLabels.volume].flatMap { $0.isEmpty ? nil : $0 })
    }
}
