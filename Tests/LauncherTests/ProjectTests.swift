import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

struct ProjectTests {
    private let folder: Folder
    /// Without links, as a project knows itself.
    private let directory: String

    init() throws {
        folder = try Folder()
        directory = try Project.canonical(folder.path)
    }

    private func make(_ names: [String]) {
        for name in names { #expect(mkdir("\(directory)/\(name)", 0o700) == 0) }
    }

    private func project(_ text: String = "") throws -> Project {
        Project(directory: directory, config: try config(text))
    }

    @Test(
        "The vault lies where the configuration says",
        arguments: [
            ("", "/.tazpod/vault", "vault.img"), ("vault: {path: vault.img}", "", "vault.img"),
            ("vault: {path: a/b/c.img}", "/a/b", "c.img"), ("vault: {path: ./a//./c.img}", "/a", "c.img"),
        ])
    func vault(text: String, place: String, name: String) throws {
        let project = try project(text)
        #expect(project.vaultDirectory == directory + place)
        #expect(project.vaultName == name)
        #expect(project.vaultImage == "\(directory)\(place)/\(name)")
    }

    @Test("A linked folder of the vault is the one that it leads to")
    func linkedVault() throws {
        make(["real"])
        #expect(symlink("real", "\(directory)/linked") == 0)
        #expect(try project("vault: {path: linked/v.img}").vaultImage == "\(directory)/real/v.img")
    }

    @Test(
        "The workspace is the same folder however it is written",
        arguments: [(".", ""), ("./", ""), ("./.", ""), ("src", "/src"), ("src/", "/src"), ("./src//.", "/src"), ("a/b", "/a/b")])
    func workspace(text: String, place: String) throws {
        #expect(try project("workspace: \(text)").workspaceDirectory == directory + place)
        make(["src", "a", "a/b"])
        #expect(try project("workspace: \(text)").workspaceDirectory == directory + place)
    }

    @Test("A workspace that is a link to the project is the project")
    func linkedWorkspace() throws {
        #expect(symlink(".", "\(directory)/here") == 0)
        #expect(try project("workspace: here").workspaceDirectory == directory)
    }

    @Test("A pod's name is the project's and a mark of its folder")
    func podName() throws {
        let first = Project(directory: "/a/web", config: ProjectConfig(name: "web"))
        #expect(first.podName == "tazpod-web-" + StableHash.hexadecimal("/a/web".utf8).prefix(10))
        #expect(first.podName != Project(directory: "/b/web", config: ProjectConfig(name: "web")).podName)
        #expect(first.podName != Project(directory: "/a/web", config: ProjectConfig(name: "wob")).podName)
    }

    @Test("A project is found in its folder and below it, by its folder's name")
    func find() throws {
        make(["web", "web/.tazpod", "web/deep", "web/deep/er"])
        let web = try Project.find(at: "\(directory)/web")
        #expect(web.directory == "\(directory)/web")
        #expect(web.config == ProjectConfig(name: "web"))
    }

    @Test("A project's file is read, and its mistakes are told with its path")
    func load() throws {
        make(["web", "web/.tazpod"])
        let file = "\(directory)/web/.tazpod/config.yaml"
        try Descriptor.open(file, O_WRONLY | O_CREAT, mode: 0o600, stage: "write").write("name: other\n", stage: "write")
        #expect(try Project.find(at: "\(directory)/web").config.name == "other")
        try Descriptor.open(file, O_WRONLY | O_TRUNC, stage: "write").write("nam: other\n", stage: "write")
        #expect(throws: Failure(.project, "\(file):1:1: config.yaml has no key nam; write name")) {
            try Project.find(at: "\(directory)/web")
        }
    }

    @Test("A folder that is no project says what to do, and its parents are not asked when it was named")
    func noProject() {
        make([".tazpod", "inner"])
        #expect(throws: Failure(.project, "\(directory)/inner has no .tazpod folder; run tazpod init there")) {
            try Project.find(at: "\(directory)/inner")
        }
    }

    @Test("A folder that is not there is an error")
    func noFolder() {
        #expect(throws: Failure(.project, "cannot open the folder /no/such: No such file or directory")) {
            try Project.find(at: "/no/such")
        }
    }
}
