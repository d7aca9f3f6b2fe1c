import CLinux
import Contract
import Linux

/// `tazpod` under the name of a tool that starts in a ghost alone (`ghost_only:`). It is a latch and no wall: by its path the tool
/// starts everywhere, and outside of a ghost it finds no secret.
struct GhostOnlyTool {
    let name: String
    var variable: (String) -> String? = environmentValue
    var folder = PodPaths.ghostOnly

    /// The one whose name we were started by.
    static var called: GhostOnlyTool? {
        let name = CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? ""
        let tool = GhostOnlyTool(name: name)
        return name != "tazpod" && tool.isOne ? tool : nil
    }

    /// Init made a link of that name.
    var isOne: Bool { !name.isEmpty && access("\(folder)/\(name)", F_OK) == 0 }

    /// In a ghost, becomes the tool: its PATH may be one from outside.
    ///
    /// - Throws: code 7 outside of a ghost; the status of a shell where there is no such tool.
    func run() throws {
        let program = try program()
        let arguments = CStringArray([program] + CommandLine.arguments.dropFirst())
        let variables = CStringArray(environment())
        try failing(.provider) { () throws(SystemError) in try InheritedSignals.mask.setAsMask() }
        clinux_exec(program, arguments.pointer, variables.pointer)
        throw Failure(.provider, SystemError.last("run \(program)"))
    }

    /// The tool itself, further along PATH than we are.
    func program() throws -> String {
        guard variable("TAZPOD_GHOST") != nil else {
            throw Failure(.refused, "\(name) works in the ghost only: run tazpod unlock")
        }
        for part in (variable("PATH") ?? "").split(separator: ":") {
            let path = "\(part)/\(name)"
            if access(path, X_OK) == 0, !isOurs(path) { return path }
        }
        Console.complain("\(name) is not in this pod's image")
        throw PassedStatus(127)
    }

    /// It leads to `tazpod`.
    private func isOurs(_ path: String) -> Bool {
        var one = stat()
        var own = stat()
        return stat(path, &one) == 0 && stat("/proc/self/exe", &own) == 0 && one.st_dev == own.st_dev && one.st_ino == own.st_ino
    }
}
