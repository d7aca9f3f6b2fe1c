import Testing

@testable import Launcher

struct SessionPickerTests {
    private let picker = SessionPicker(
        list: SessionList(sessions: [
            SessionList.Session(name: "main", kind: "public", windows: 1, attached: 0),
            SessionList.Session(name: "3", kind: "public"), SessionList.Session(name: "ghost", kind: "ghost"),
        ]))

    @Test("Sessions are numbered from one")
    func lines() {
        #expect(
            picker.lines == """
                   SESSION  KIND    WINDOWS  ATTACHED
                1  main     public  1        0
                2  3        public  -        -
                3  ghost    ghost   -        -
                """)
    }

    @Test(
        "A number or a name is an answer, and a name counts first",
        arguments: [("1", "main"), (" 2 ", "3"), ("3", "3"), ("ghost", "ghost")])
    func answers(answer: String, name: String) {
        #expect(picker.choice(answer) == name)
    }

    @Test("Anything else is none", arguments: ["0", "4", "-1", "01", "gh", "99999999999999999999"])
    func none(answer: String) {
        #expect(picker.choice(answer) == nil)
    }
}
