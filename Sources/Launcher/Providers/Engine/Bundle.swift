import CLinux
import Contract
import Linux

/// TazPod's programs for an image that has none, with all that they need: `scripts/bundle.sh` lays it beside `tazpod`.
///
/// Its programs run with its own loader and libraries, by their absolute place in the pod, so that any image can be a workspace. What
/// root runs in the pod comes from here: it is mounted read-only, and must be out of reach of what runs in the pod.
struct Bundle: Equatable {
    /// On the host.
    var folder: String

    static let programs = ["tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"]

    /// The usual PATH of an image that says nothing (docker's own default).
    private static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The one beside this program, for an image.
    ///
    /// - Throws: code 4 when there is none; code 7 when somebody in the pod, or another user, could change it.
    static func find(for plan: PodPlan) throws(Failure) -> Bundle {
        let folder = try failing(.provider) { () throws(SystemError) in try ownFolder() + "/bundle" }
        var status = stat()
        guard stat("\(folder)/bin/tazpod-init", &status) == 0, stat(folder, &status) == 0 else {
            throw Failure(
                .provider,
                "the image \(plan.workspace.image) has no TazPod in it, and there is nothing in \(folder) to mount into it; "
                    + "run make bundle in TazPod's own folder, or name an image that is built upon tazpod-base")
        }
        return try Bundle(folder: folder).checked(
            plan, mode: status.st_mode, isOwnersOrRoots: status.st_uid == 0 || status.st_uid == geteuid())
    }

    func checked(_ plan: PodPlan, mode: mode_t, isOwnersOrRoots: Bool) throws(Failure) -> Bundle {
        try ProgramFolder.check(folder, isOutOfReachOf: plan)
        guard isOwnersOrRoots, mode & 0o022 == 0 else {
            throw Failure(
                .refused,
                "the programs that root would run in the pod are in \(folder), which other users of this machine can write; "
                    + "make it yours alone to write: chmod go-w")
        }
        return self
    }

    /// The options of an engine's `run` that give it to a container of `image`, or only what goes with it, where it is in there.
    ///
    /// The user and the signal that the image names are for its own program.
    func options(_ image: EngineImage, isMounted: Bool = true) -> [String] {
        let files = Bundle.programs.map { ("\(folder)/bin/\($0)", "\(PodPaths.programs)/\($0)") }
        var options = (isMounted ? files + [(folder, PodPaths.bundle)] : []).flatMap {
            ["--mount", EngineArguments.fields(["type=bind", "source=\($0.0)", "target=\($0.1)", "ro"])]
        }
        let path = image.value(of: "PATH") ?? Bundle.usualPath
        options += ["--env", "PATH=\(path):\(PodPaths.bundle)/bin", "--env", "\(PodVariable.newUser)=\(Engine.workspaceID)"]
        // tmux wants to know that the terminal speaks UTF-8.
        if image.value(of: "LANG") == nil, image.value(of: "LC_ALL") == nil { options += ["--env", "LANG=C.UTF-8"] }
        return options + ["--user", "0:0", "--stop-signal", "SIGTERM"]
    }
}
