import Testing

@testable import Launcher

struct NativeLayoutTests {
    private let root = HostRoot(
        folders: ["etc", "usr", "var"], links: [("bin", "usr/bin"), ("lib", "usr/lib")], resolverFile: nil)

    private func arguments(_ text: String = "", root: HostRoot? = nil) throws -> [String] {
        var layout = NativeLayout(plan: try plan(text), state: "/state", hostPrograms: "/opt/tazpod")
        layout.hidden = ["/var/lib/tazpod", "/home/ann/.local/state/tazpod"]
        return layout.arguments(root: root ?? self.root)
    }

    /// Where `words` stand in `arguments`, one after the other.
    private func position(of words: [String], in arguments: [String]) -> Int? {
        arguments.indices.first { arguments[$0...].starts(with: words) }
    }

    @Test("A whole plan is these arguments")
    func whole() throws {
        #expect(
            try arguments() == [
                "bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "web", "--as-pid-1", "--info-fd", "3",
                "--ro-bind", "/etc", "/etc", "--ro-bind", "/usr", "/usr", "--ro-bind", "/var", "/var",
                "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                "--proc", "/proc", "--dev", "/dev",
                "--dev-bind-try", "/dev/fuse", "/dev/fuse", "--dev-bind-try", "/dev/loop-control", "/dev/loop-control",
                "--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--tmpfs", "/var/tmp", "--tmpfs", "/run",
                "--tmpfs", "/var/lib/tazpod",
                "--ro-bind", "/state/passwd", "/etc/passwd", "--ro-bind", "/state/group", "/etc/group",
                "--perms", "0755", "--dir", "/run/tazpod", "--perms", "0755", "--dir", "/run/tazpod/bin",
                "--ro-bind", "/opt/tazpod/tazpod", "/run/tazpod/bin/tazpod",
                "--ro-bind", "/opt/tazpod/tazpod-init", "/run/tazpod/bin/tazpod-init",
                "--ro-bind", "/opt/tazpod/tazpod-ghost", "/run/tazpod/bin/tazpod-ghost",
                "--ro-bind", "/opt/tazpod/tazpod-secrets", "/run/tazpod/bin/tazpod-secrets",
                "--perms", "0700", "--dir", "/root", "--perms", "0755", "--dir", "/home",
                "--bind", "/state/home", "/home/tazpod", "--perms", "0700", "--dir", "/run/tazpod/private",
                "--bind", "/p/web", "/workspace", "--bind", "/p/web/.tazpod/vault", "/run/tazpod/private/vault",
                "--perms", "0555", "--tmpfs", "/workspace/.tazpod/vault", "--remount-ro", "/workspace/.tazpod/vault",
                "--remount-ro", "/", "--cap-drop", "ALL",
                "--cap-add", "CAP_CHOWN", "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_FOWNER", "--cap-add", "CAP_KILL",
                "--cap-add", "CAP_MKNOD", "--cap-add", "CAP_SETFCAP", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP",
                "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SYS_ADMIN",
                "--", "/run/tazpod/bin/tazpod-init",
            ])
    }

    @Test("The private folder is closed before the vault's is mounted in it")
    func privateFirst() throws {
        let arguments = try arguments()
        let folder = try #require(position(of: ["--perms", "0700", "--dir", "/run/tazpod/private"], in: arguments))
        let vault = try #require(arguments.firstIndex(of: "/run/tazpod/private/vault"))
        #expect(folder < vault)
    }

    @Test("The folder of names comes back into /run, and no other")
    func resolver() throws {
        var root = root
        root.resolverFile = "/run/systemd/resolve/stub-resolv.conf"
        let arguments = try arguments(root: root)
        let file = try #require(position(of: ["--ro-bind", "/run/systemd/resolve/stub-resolv.conf"], in: arguments))
        let run = try #require(position(of: ["--tmpfs", "/run"], in: arguments))
        #expect(run < file)
        #expect(try self.arguments().allSatisfy { !$0.contains("resolve") })
    }

    @Test("A folder that may only be read is bound so")
    func readOnly() throws {
        var plan = try plan()
        plan.workspace.mounts = [PodPlan.Mount(source: .folder("/a"), target: "/b", isReadOnly: true)]
        let arguments = NativeLayout(plan: plan, state: "/s", hostPrograms: "/o").arguments(root: root)
        #expect(position(of: ["--ro-bind", "/a", "/b"], in: arguments) != nil)
    }

    @Test("PID 1 finds the plan's variables, TazPod's programs first and a language")
    func environment() throws {
        let environment = NativeLayout(plan: try plan("env: {EDITOR: vi}"), state: "", hostPrograms: "").environment
        #expect(environment["TAZPOD_ENV_EDITOR"] == "vi")
        #expect(environment["EDITOR"] == nil)
        #expect(environment["TAZPOD_USER"] == "tazpod")
        #expect(environment["PATH"]?.hasPrefix("/run/tazpod/bin:") == true)
        #expect(environment["LANG"] == "C.UTF-8")
        #expect(environment["HOME"] == nil)
    }

    @Test("What the config sets is nothing to PID 1 and to bubblewrap", arguments: ["LD_PRELOAD", "PATH", "LANG", "LD_AUDIT"])
    func harmless(name: String) throws {
        let environment = NativeLayout(plan: try plan("env: {\(name): /x}"), state: "", hostPrograms: "").environment
        #expect(environment[name] != "/x")
        #expect(environment["TAZPOD_ENV_\(name)"] == "/x")
    }

    @Test("A trial has nothing of the host's that could be written, no folder of its own, and ends with us")
    func trial() throws {
        var layout = NativeLayout(plan: try plan().withoutProject, state: "", hostPrograms: "/opt/tazpod")
        layout.trial = ["/run/tazpod/bin/tazpod-ghost", "--try-drivers", "fuse"]
        let arguments = layout.arguments(root: root)
        #expect(arguments.contains("--die-with-parent") && !arguments.contains("--info-fd") && !arguments.contains("--bind"))
        #expect(!arguments.contains("/var/lib/tazpod"))
        #expect(position(of: ["--ro-bind-data", "3", "/etc/passwd", "--ro-bind-data", "4", "/etc/group"], in: arguments) != nil)
        #expect(position(of: ["--dir", "/home/tazpod"], in: arguments) != nil)
        #expect(position(of: ["--dev-bind-try", "/dev/fuse", "/dev/fuse"], in: arguments) != nil)
        #expect(arguments.suffix(4) == ["--", "/run/tazpod/bin/tazpod-ghost", "--try-drivers", "fuse"])
    }
}

struct HostRootTests {
    @Test("A pod sees this machine's system, and nothing that people keep")
    func current() {
        let root = HostRoot.current()
        let names = root.folders + root.links.map { $0.name }
        #expect(names.contains("usr") && names.contains("etc") && names.contains("bin"))
        #expect(Set(names).isDisjoint(with: ["home", "root", "mnt", "media", "tmp", "run", "proc", "dev", "boot"]))
        #expect(Set(names).count == names.count)
        #expect(root.resolverFile?.hasPrefix("/run/") != false)
    }

    @Test("Roots are the same when all of their parts are")
    func equality() {
        let root = HostRoot(folders: ["usr"], links: [("bin", "usr/bin")], resolverFile: nil)
        #expect(root == HostRoot(folders: ["usr"], links: [("bin", "usr/bin")], resolverFile: nil))
        #expect(root != HostRoot(folders: ["etc"], links: [("bin", "usr/bin")], resolverFile: nil))
        #expect(root != HostRoot(folders: ["usr"], links: [("bin", "bin")], resolverFile: nil))
        #expect(root != HostRoot(folders: ["usr"], links: [("bin", "usr/bin")], resolverFile: "/run/x"))
    }
}
