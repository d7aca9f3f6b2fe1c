import CLinux
import Contract
import Linux
import SecretsPlan

/// `tazpod-secrets`, which does in the ghost what `tazpod` has understood.
struct SecretsProgram {
    static let name = "tazpod-secrets"

    /// Becomes it.
    ///
    /// - Parameter plan: What secrets.yml says, for a verb that needs it.
    static func become(_ words: [String], plan: PullPlan? = nil) throws -> Never {
        let program = try failing(.provider) { () throws(SystemError) in try "\(ownFolder())/\(name)" }
        var words = words
        if let plan { words.insert(contentsOf: ["--plan-fd", String(try descriptor(of: plan))], at: 1) }
        let arguments = CStringArray([name] + words)
        let variables = CStringArray(environment())
        try failing(.provider) { () throws(SystemError) in try InheritedSignals.mask.setAsMask() }
        clinux_exec(program, arguments.pointer, variables.pointer)
        throw Failure(.provider, SystemError.last("run \(program)"), next: "the image's TazPod is incomplete; rebuild it")
    }

    /// A descriptor that the program inherits, and that holds the plan (memfd_create(2)).
    private static func descriptor(of plan: PullPlan) throws(Failure) -> Int32 {
        try failing(.provider) { () throws(SystemError) in
            let file = Descriptor(owning: try retrying("hand the plan over") { memfd_create("plan", 0) })
            try file.write(plan.encoded, stage: "hand the plan over")
            try retrying("hand the plan over") { lseek(file.raw, 0, SEEK_SET) }
            return file.release()
        }
    }

    /// What the project's secrets.yml says, in the pod.
    static func planInPod() throws(Failure) -> PullPlan {
        let isAside = access("\(PodPaths.project)/\(Project.folder)", F_OK) == 0
        return try plan(in: isAside ? PodPaths.project : PodPaths.workspace)
    }

    /// What the project's secrets.yml says.
    ///
    /// - Throws: code 3 where there is none.
    static func plan(in directory: String) throws(Failure) -> PullPlan {
        guard access("\(directory)/\(SecretsFile.path)", F_OK) == 0 else {
            throw Failure(
                .project, "there is no \(SecretsFile.path) in \(directory); run tazpod init, and name your secrets in it")
        }
        return try SecretsFile.load(in: directory)
    }
}
