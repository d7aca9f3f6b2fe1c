import Contract
import Testing

@testable import Launcher

/// The devcontainer.json of the project /p/web, which is on no disk.
func devContainer(
    _ text: String, environment: [String: String] = [:], ignored: [String] = []
) throws(Failure) -> DevContainer {
    try DevContainerFile.parse(
        [UInt8](text.utf8), path: "/p/web/.devcontainer/devcontainer.json", project: "/p/web", localEnvironment: environment,
        ignored: ignored)
}

struct DevContainerTests {
    private static let file = "/p/web/.devcontainer/devcontainer.json"

    @Test("An empty object asks for nothing")
    func empty() throws {
        #expect(try devContainer("{}") == DevContainer(file: DevContainerTests.file))
    }

    @Test("An image, a user, variables, ports and a folder are read")
    func simple() throws {
        let result = try devContainer(
            """
            {"name": "n", "image": "i:1", "remoteUser": "dev", "containerUser": "other", "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}",
             "containerEnv": {"A": "1", "N": null}, "remoteEnv": {"B": "${containerEnv:A}"}, "forwardPorts": [3000, "db:5432"], "appPort": ["8000:80"],
             "hostRequirements": {"cpus": 2, "memory": "8gb", "storage": "32gb", "gpu": "optional"}}
            """)
        #expect(result.image == "i:1")
        #expect(result.user == "dev")
        #expect(result.workspaceFolder == "/workspaces/web")
        #expect(result.containerEnvironment == ["A": "1"])
        #expect(result.remoteEnvironment == ["B": "${containerEnv:A}"])
        #expect(result.ports.map { $0.podPort } == [3000, 80])
        #expect(result.ports.allSatisfy { $0.hostAddress == "127.0.0.1" })
        #expect(result.requirements == DevContainer.HostRequirements(cpus: 2, memory: 8 << 30, storage: 32 << 30))
        #expect(result.notices.count == 1)
        #expect(result.reach.isEmpty)
    }

    @Test("A build's paths are relative to the file, and inside the project")
    func build() throws {
        let result = try devContainer(
            #"{"build": {"dockerfile": "Dockerfile", "context": "..", "args": {"V": 3}, "target": "dev", "cacheFrom": "x"}}"#)
        #expect(
            result.build
                == ProjectConfig.Build(dockerfile: ".devcontainer/Dockerfile", context: ".", arguments: ["V": "3"], target: "dev")
        )
        #expect(result.notices == ["\(DevContainerTests.file):1:92: build: cacheFrom has no effect here"])
        #expect(try devContainer(#"{"dockerFile": "../D"}"#).build?.dockerfile == "D")
        #expect(try devContainer(#"{"dockerFile": "D"}"#).build?.context == ".devcontainer")
        for path in ["../../D", "/etc/D"] {
            let error = #expect(throws: Failure.self) { try devContainer("{\"build\": {\"dockerfile\": \"\(path)\"}}") }
            #expect(error?.sentence.hasSuffix("build: dockerfile must be inside the project, not \(path)") == true)
        }
        #expect(throws: Failure.self) { try devContainer(#"{"build": {"context": "."}}"#) }
    }

    @Test("Variables of this machine and of the project are replaced, and each that is of this machine is a wish")
    func variables() throws {
        let result = try devContainer(
            """
            {"containerEnv": {"A": "${localEnv:X}-${env:Y:none}-${localEnv:Z:d:e}", "B": "${localWorkspaceFolder}", "C": "${containerWorkspaceFolder}",
             "D": "${containerWorkspaceFolderBasename}", "E": "${whatever}", "F": "$", "G": "${open"}, "customizations": {"x": "${localEnv:SECRET}"}}
            """, environment: ["X": "x"])
        #expect(
            result.containerEnvironment == [
                "A": "x-none-d:e", "B": "/p/web", "C": "/workspace", "D": "workspace", "E": "${whatever}", "F": "$",
                "G": "${open",
            ])
        #expect(Set(result.reach) == Set(["X", "Y", "Z"].map { "reads the variable \($0) of this machine" }))
        #expect(try devContainer(#"{"containerEnv": {"A": "${devcontainerId}"}}"#).containerEnvironment["A"]?.count == 16)
    }

    @Test("A command is a line, a program or several of them, and they come in the specification's order")
    func commands() throws {
        let result = try devContainer(
            """
            {"postStartCommand": ["npm", "start"], "onCreateCommand": "a && b", "initializeCommand": "make it", "updateContentCommand": "",
             "postCreateCommand": {"x": "one", "y": ["two", "w"], "z": null}, "postAttachCommand": []}
            """)
        #expect(result.commands.map { $0.stage } == [.initialize, .onCreate, .postCreate, .postStart])
        #expect(result.command(.onCreate)?.parts == [.init(name: nil, words: ["/bin/sh", "-c", "a && b"])])
        #expect(
            result.command(.postCreate)?.parts == [
                .init(name: "x", words: ["/bin/sh", "-c", "one"]), .init(name: "y", words: ["two", "w"]),
            ])
        #expect(result.reach == ["runs on this machine: /bin/sh -c 'make it'"])
    }

    @Test("What has no effect is named with its place, and with the property that was probably meant")
    func notices() throws {
        let result = try devContainer("{\n  \"userEnvProbe\": \"none\",\n  \"imagee\": \"x\", \"zzz\": 1, \"settings\": {}}")
        #expect(
            result.notices == [
                "\(DevContainerTests.file):2:3: userEnvProbe has no effect here: commands get the pod's variables, and no login shell's",
                "\(DevContainerTests.file):3:3: imagee has no effect here; did you mean image?",
                "\(DevContainerTests.file):3:18: zzz has no effect here",
            ])
    }

    @Test(
        "What is not of its form is an error with its place",
        arguments: [
            (#"[]"#, "1:1: devcontainer.json must be an object, in { }"),
            (#"{"image": 3}"#, "1:11: image must be a string, in quotes"),
            (#"{"forwardPorts": [0]}"#, "1:19: forwardPorts takes numbers, like 3000, not 0"),
            (#"{"remoteUser": "a b"}"#, "1:16: remoteUser must be a user's name, not a b"),
            (
                #"{"containerEnv": {"TAZPOD_X": "1"}}"#,
                "1:19: containerEnv cannot set TAZPOD_X: names that begin with TAZPOD_ are TazPod's own"
            ),
            (#"{"features": {"node": {}}}"#, "1:15: a feature is ./FOLDER or REGISTRY/NAMESPACE/ID:VERSION, not node"),
            (#"{"postStartCommand": 3}"#, "1:22: postStartCommand must be a line of shell, or a list of words"),
            (#"{"hostRequirements": {"memory": "much"}}"#, "1:33: hostRequirements: memory must be a size, like 8gb, not much"),
            (
                #"{"workspaceFolder": "/etc/x"}"#,
                "1:21: workspaceFolder must be an absolute path without .., outside of the system's folders, not /etc/x"
            ),
        ])
    func mistakes(text: String, sentence: String) {
        #expect(throws: Failure(.project, "\(DevContainerTests.file):\(sentence)")) { try devContainer(text) }
    }

    @Test("A compose file is not what a pod is made from")
    func compose() {
        #expect(#expect(throws: Failure.self) { try devContainer(#"{"dockerComposeFile": "c.yml"}"#) }?.code == .provider)
    }

    @Test(
        "What would take the pod's walls down is refused, unless config.yaml says to ignore its property",
        arguments: [
            ("privileged", "true"), ("remoteUser", #""root""#), ("capAdd", #"["SYS_PTRACE"]"#), ("capAdd", #"["all"]"#),
            ("securityOpt", #"["seccomp=unconfined"]"#), ("securityOpt", #"["seccomp:/p"]"#), ("runArgs", #"["--privileged"]"#),
            ("runArgs", #"["--device=/dev/sda"]"#), ("runArgs", #"["--network", "host"]"#), ("runArgs", #"["--pid=host"]"#),
            ("runArgs", #"["--cap-add=SYS_MODULE"]"#), ("runArgs", #"["-v", "/x:/usr/local/bin"]"#),
            ("runArgs", #"["--security-opt", "seccomp=unconfined"]"#),
            ("mounts", #"["type=bind,source=/x,target=/etc"]"#),
            ("mounts", #"["type=volume,source=x,target=/run/tazpod/private"]"#),
            ("mounts", #"["type=tmpfs,target=/"]"#), ("mounts", #"["type=tmpfs,target=/workspace"]"#),
            ("mounts", #"["type=tmpfs,target=/usr"]"#),
            ("mounts", #"["type=tmpfs,target=/home/../etc"]"#), ("mounts", #"["type=tmpfs,target=//usr/./lib"]"#),
        ])
    func refused(key: String, value: String) throws {
        let text = "{\"\(key)\": \(value)}"
        #expect(#expect(throws: Failure.self) { try devContainer(text) }?.code == .refused)
        #expect(throws: Never.self) { try devContainer(text, ignored: [key]) }
    }
}
