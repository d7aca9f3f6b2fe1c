import Testing

@testable import Contract

struct PodVariableTests {
    private static let all = [
        PodVariable.user, PodVariable.project, PodVariable.vault, PodVariable.vaultSize, PodVariable.vaultDriver,
        PodVariable.vaultSaveEvery, PodVariable.bridges, PodVariable.ghostOnly, PodVariable.token, PodVariable.nextToken,
    ]

    @Test("Every variable has the prefix by which it is kept out of the public area", arguments: all)
    func prefix(name: String) {
        #expect(name.hasPrefix("TAZPOD_"))
    }

    @Test("No two variables share a name")
    func unique() {
        #expect(Set(PodVariableTests.all).count == PodVariableTests.all.count)
    }

    @Test("The vault's folder is below the folder that only root may enter")
    func vaultDirectory() {
        #expect(PodPaths.vaultDirectory.hasPrefix(PodPaths.privateDirectory + "/"))
        #expect(!PodPaths.controlSocket.hasPrefix(PodPaths.privateDirectory + "/"))
    }
}
