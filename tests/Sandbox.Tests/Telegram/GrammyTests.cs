using System.Text.Json;

namespace Cea.Sandbox.Tests.Telegram;

public sealed class GrammyTests : SandboxTest
{
    [Fact]
    public async Task Grammy_receives_answers_edits_and_is_refused_as_with_the_real_one()
    {
        var seen = await NodeScript.RunAsync("grammy", new { url = Url, token = Bot, chat = long.Parse(Chat, System.Globalization.CultureInfo.InvariantCulture) });

        seen.GetProperty("me").GetProperty("is_bot").GetBoolean().ShouldBeTrue();
        seen.GetProperty("info").GetProperty("pending_update_count").GetInt32().ShouldBe(0);
        seen.GetProperty("info").GetProperty("max_connections").GetInt32().ShouldBe(10);
        seen.GetProperty("first").GetProperty("status").GetInt32().ShouldBe(200);
        seen.GetProperty("press").GetProperty("status").GetInt32().ShouldBe(200);
        seen.GetProperty("got").EnumerateArray().Select(g => g.GetRawText()).ShouldBe(
        [
            """{"text":"Nou bezwen dlo","from":5550000001,"type":"private","language":"ht"}""",
            """{"sent":2,"chat":5550000001,"keys":["y","n"]}""",
            """{"edited":"Nou bezwen anpil dlo","id":1}""",
            """{"pressed":"y"}""",
            """{"voice":"son","type":"audio/ogg"}""",
            """{"member":"kicked"}""",
            """{"member":"member"}""",
        ]);
        seen.GetProperty("location").GetProperty("latitude").GetDouble().ShouldBe(14.6);

        Code("again").ShouldBe("429 Too Many Requests: retry after 1");
        Code("polling").ShouldStartWith("409 Conflict: can't use getUpdates");
        Code("blocked").ShouldBe("403 Forbidden: bot was blocked by the user");
        Code("throttled").ShouldBe("429 Too Many Requests: retry after 3");
        seen.GetProperty("throttled").GetProperty("wait").GetInt32().ShouldBe(3);
        var errors = seen.GetProperty("errors");
        string Error(string name) => Text(errors.GetProperty(name));
        Error("unknown").ShouldBe("400 Bad Request: chat not found");
        Error("empty").ShouldBe("400 Bad Request: message text is empty");
        Error("long").ShouldBe("400 Bad Request: message is too long");
        Error("query").ShouldStartWith("400 Bad Request: query is too old");
        Error("file").ShouldStartWith("400 Bad Request: wrong file_id");
        Error("token").ShouldBe("401 Unauthorized");
        Error("plain").ShouldStartWith("400 Bad Request: bad webhook");

        var bubbles = await MessagesAsync("?direction=outbound");
        bubbles[0].GetProperty("text").GetString().ShouldBe("Ou di: y");
        bubbles[0].GetProperty("notice").GetString().ShouldBe("Mèsi");

        string Code(string name) => Text(seen.GetProperty(name));
        static string Text(JsonElement error) => $"{error.GetProperty("code")} {error.GetProperty("description")}";
    }
}
