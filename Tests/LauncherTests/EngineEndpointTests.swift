import Contract
import Testing

@testable import Launcher

struct EngineEndpointTests {
    @Test(
        "An address with a network in it is another machine's",
        arguments: [
            ("tcp://10.0.0.1:2376", true), ("ssh://me@host", true), ("http://127.0.0.1:2375", true),
            ("unix:///var/run/docker.sock", false),
            ("npipe:////./pipe/docker", false), ("fd://", false), ("", false), ("/var/run/docker.sock", false),
        ])
    func address(text: String, isRemote: Bool) {
        #expect(EngineEndpoint.isRemote(text) == isRemote)
    }

    private func endpoint(_ variables: [String: String], config: String? = nil, files: [String: String] = [:]) -> EngineEndpoint {
        var files = files
        files["/h/.docker/config.json"] = config
        return EngineEndpoint(
            variable: { variables[$0] }, file: { files[$0].map { [UInt8]($0.utf8) } },
            names: { folder in files.keys.filter { $0.hasPrefix("\(folder)/") }.map { String($0.dropFirst(folder.count + 1)) } })
    }

    @Test("docker's socket is known without its command where no context leads elsewhere")
    func socket() {
        #expect(endpoint(["HOME": "/h"]).dockerSocket == "/var/run/docker.sock")
        #expect(endpoint(["DOCKER_HOST": "unix:///run/mine.sock"]).dockerSocket == "/run/mine.sock")
        #expect(endpoint(["DOCKER_HOST": "tcp://10.0.0.1:2376"]).dockerSocket == nil)
        #expect(endpoint(["DOCKER_CONTEXT": "far"]).dockerSocket == nil)
        #expect(endpoint(["DOCKER_CONTEXT": "far", "DOCKER_HOST": "unix:///run/mine.sock"]).dockerSocket == "/run/mine.sock")
    }

    @Test("podman's configuration makes it remote: the last file that says it counts")
    func podmanConfiguration() {
        let remote = "[containers]\nremote = false\n[engine]\n# remote = false\nremote = true # there\n"
        #expect(endpoint(["HOME": "/h"], files: ["/etc/containers/containers.conf": remote]).isPodmanRemote)
        #expect(endpoint(["HOME": "/h"], files: ["/h/.config/containers/containers.conf": remote]).isPodmanRemote)
        #expect(endpoint(["HOME": "/h"], files: ["/etc/containers/containers.conf.d/far.conf": remote]).isPodmanRemote)
        #expect(endpoint(["CONTAINERS_CONF": "/x"], files: ["/x": remote]).isPodmanRemote)
        #expect(!endpoint(["CONTAINERS_CONF": "/x"], files: ["/etc/containers/containers.conf": remote]).isPodmanRemote)
        let near = ["/etc/containers/containers.conf": remote, "/c/containers/containers.conf": "[engine]\nremote = false\n"]
        #expect(!endpoint(["XDG_CONFIG_HOME": "/c"], files: near).isPodmanRemote)
        #expect(
            !endpoint(["HOME": "/h"], files: ["/etc/containers/containers.conf": "[network]\nremote = true\n"]).isPodmanRemote)
    }

    @Test("A docker context counts by its name, from the variable before the file; the default one is none")
    func context() {
        #expect(endpoint(["HOME": "/h"]).dockerContext == nil)
        #expect(endpoint(["HOME": "/h"], config: #"{"currentContext": "far", "auths": {}}"#).dockerContext == "far")
        #expect(endpoint(["HOME": "/h"], config: #"{"currentContext": "default"}"#).dockerContext == nil)
        #expect(endpoint(["HOME": "/h"], config: "no JSON").dockerContext == nil)
        #expect(
            endpoint(["HOME": "/h", "DOCKER_CONTEXT": "near"], config: #"{"currentContext": "far"}"#).dockerContext == "near")
        #expect(
            endpoint(["HOME": "/h", "DOCKER_CONTEXT": "default"], config: #"{"currentContext": "far"}"#).dockerContext == nil)
    }

    @Test("podman is remote by either of its variables, unless they name a socket of this machine")
    func podman() {
        #expect(!endpoint([:]).isPodmanRemote)
        #expect(endpoint(["CONTAINER_HOST": "ssh://host/run/podman.sock"]).isPodmanRemote)
        #expect(!endpoint(["CONTAINER_HOST": "unix:///run/podman.sock"]).isPodmanRemote)
        #expect(endpoint(["CONTAINER_CONNECTION": "far"]).isPodmanRemote)
    }

    @Test("On another machine volumes take the place of the workspace and the vault, and no other folder goes along")
    func elsewhere() throws {
        var plan = try PodPlanner.plan(Project(directory: "/p/web", config: ProjectConfig(name: "web")))
        let moved = try plan.elsewhere()
        #expect(moved.workspace.mounts.map { $0.source }.filter { if case .folder = $0 { true } else { false } } == [])
        #expect(moved.workspace.mounts.first?.source == .volume("\(plan.name)-workspace"))
        #expect(
            moved.workspace.mounts.contains { $0.source == .volume("\(plan.name)-vault") && $0.target == PodPaths.vaultDirectory }
        )
        plan.workspace.mounts.append(PodPlan.Mount(source: .folder("/p/web"), target: "/workspaces/web"))
        #expect(try plan.elsewhere().workspace.mounts.last?.source == .volume("\(plan.name)-workspace"))
        plan.workspace.mounts.append(PodPlan.Mount(source: .folder("/data"), target: "/data"))
        let error = #expect(throws: Failure.self) { try plan.elsewhere() }
        #expect(error?.code == .provider && error?.sentence.contains("/data") == true)
    }
}
