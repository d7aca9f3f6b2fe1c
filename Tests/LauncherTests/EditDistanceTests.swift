import Testing

@testable import Launcher

struct EditDistanceTests {
    @Test(
        "The distance is the number of letters to insert, remove or replace",
        arguments: [
            ("", "", 0), ("a", "a", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2),
            ("image", "imgae", 2), ("prot", "ports", 3), ("vault", "vaults", 1), ("Image", "image", 1), ("é", "e", 1),
        ])
    func distance(a: String, b: String, expected: Int) {
        #expect(EditDistance.between(a, b) == expected)
        #expect(EditDistance.between(b, a) == expected)
    }

    private static let keys = ["version", "name", "image", "provider", "user", "workspace", "vault", "bridges", "ports", "env"]

    @Test(
        "The word that was probably meant is found",
        arguments: [
            ("imgae", "image"), ("port", "ports"), ("vualt", "vault"), ("brigdes", "bridges"), ("workspce", "workspace"),
            ("wrokspace", "workspace"),
            ("providor", "provider"), ("nme", "name"), ("image", "image"), ("en", "env"),
        ])
    func nearest(word: String, expected: String) {
        #expect(EditDistance.nearest(to: word, among: EditDistanceTests.keys) == expected)
    }

    @Test(
        "A word that is far from all others was not meant as one of them",
        arguments: ["kubernetes", "x-custom", "features", "abc", "size", "x"])
    func far(word: String) {
        #expect(EditDistance.nearest(to: word, among: EditDistanceTests.keys) == nil)
    }

    @Test("Among no words there is none")
    func nothing() {
        #expect(EditDistance.nearest(to: "word", among: []) == nil)
    }
}
