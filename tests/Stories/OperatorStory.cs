using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Sandbox.Tests;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>A helpline operator by keyboard alone, in a browser: real Host, sandbox as provider. Callers are put through to him; one is answered and done in under a minute.</summary>
public sealed class OperatorStory(Stage stage) : IClassFixture<Stage>
{
    private const string Phone = "+50255500077", Caller = "+50255509001", Signal = "+50255509002", Other = "+50255509003", Marker = "El bano esta cerrado desde el lunes";
    private readonly TestDatabase database = stage.Database;

    [Fact]
    public async Task Calls_are_recorded_answered_called_back_and_taken_in_confidence_without_a_mouse()
    {
        var operatorId = await database.ScalarAsync<int>("select id from officer where user_name = 'operator'");
        (await stage.Lead.PostAsync("/settings/operators", "/settings/operators/save", new() { ["officer"] = operatorId.ToString(CultureInfo.InvariantCulture), ["number"] = Phone, ["languages"] = "es", ["gender"] = "" })).StatusCode.ShouldBe(System.Net.HttpStatusCode.SeeOther);
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) select min(id), $1, now() - interval '1 hour', now() + interval '3 hours' from team", operatorId);
        await database.ExecuteAsync("update officer set language = 'es' where id = $1", operatorId);
        foreach (var text in new[] { "Abrimos de 8 a 16 horas, mañana también.", "El agua está a la izquierda de la entrada." })
        {
            var until = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            (await stage.Lead.PostAsync("/answers", "/answers/save", new() { ["topic"] = "opening_hours", ["lang"] = "es", ["text"] = text, ["valid_until"] = until })).StatusCode.ShouldBe(System.Net.HttpStatusCode.SeeOther);
        }
        await TakeAsync(operatorId);

        // His session ends while he types: the script says when, by a message.
        var ending = EndSessionAsync(operatorId);
        var seen = await NodeScript.RunBareAsync("operator", new { url = stage.Host.Url, control = stage.Control.BaseAddress, name = "operator", password = stage.PasswordOf("operator"), marker = Marker, signal = Signal });
        await ending;

        string Text(string name) => seen.GetProperty(name).GetString()!;
        seen.GetProperty("problems").EnumerateArray().ShouldBeEmpty();
        seen.GetProperty("began").GetInt32().ShouldBe(1);
        seen.GetProperty("linked").GetBoolean().ShouldBeTrue("the call that was put through is chosen");
        seen.GetProperty("order").EnumerateArray().ShouldAllBe(o => o.GetBoolean());
        seen.GetProperty("answers").GetInt32().ShouldBe(1, "found without accents");
        Text("chosen").ShouldContain("Abrimos de 8 a 16 horas");
        Text("ends").ShouldBe("told");
        seen.GetProperty("seconds").GetDouble().ShouldBeLessThan(60);
        Text("address").ShouldEndWith("/calls/new");

        var told = await ItemAsync(Text("told"));
        (await database.ScalarAsync<string>("select concat_ws(' ', i.account_id, i.channel, i.loop_method, m.text) from item i join message m on m.item_id = i.id and m.kind = 'told' join address a on a.person_id = i.person_id where i.id = $1 and a.hash = $2", told, TestDatabase.Keys.Hash("tel", Caller)))
            .ShouldStartWith("helpline call information_provided_immediately Abrimos de 8 a 16");
        (await database.ScalarAsync<string>("select status || ' ' || circle_id from item where id = $1", told)).ShouldBe("closed 0");

        Text("interrupted").ShouldBe("interrupted");
        var cut = await ItemAsync(Text("cut"));
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'call_interrupted'", cut)).ShouldBe(1);
        Text("rings").ShouldStartWith("Su teléfono va a sonar");
        var back = (await stage.Control.GetFromJsonAsync<JsonElement>("/control/calls")).GetProperty("calls").EnumerateArray().Single(c => c.GetProperty("direction").GetString() == "outbound-api");
        (back.GetProperty("to").GetString(), back.GetProperty("waiting").GetString()).ShouldBe((Phone, "key"));
        back = await ControlAsync($"/control/calls/{back.GetProperty("sid").GetString()}/press", new { digits = "1" });
        back.GetProperty("dials").EnumerateArray().Select(d => d.GetString()).ShouldBe([Caller]);

        Text("asked").ShouldBe("way");
        Text("phone").ShouldBe("+1 555 010 0123");
        var quiet = await ItemAsync(Text("confidential"));
        (await database.ScalarAsync<string>("select concat_ws(' ', circle_id, sensitivity, urgency) from item where id = $1", quiet)).ShouldBe("5 2 high");
        (await stage.Lead.GetAsync($"/items/{quiet}")).ShouldContain("Por mensaje, despues de las seis");

        Text("kept").ShouldBe(Marker);
        seen.GetProperty("again").GetBoolean().ShouldBeTrue();
        await ItemAsync(Text("saved"));
    }

    // Somebody calls, chooses Spanish and an operator; the operator presses a key.
    private async Task TakeAsync(int operatorId)
    {
        // Somebody else tries until the line knows who is on duty: three hang-ups of one number would be a restricted item, and nobody calls that number back.
        await stage.UntilAsync(async () =>
        {
            var other = await OperatorOfAsync(Other);
            await ActAsync(other, "hangup");
            return other.GetProperty("waiting").GetString() == "operator";
        });
        var call = await OperatorOfAsync(Caller);
        await ActAsync(call, "answer");
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from phone_call where taken_by = $1 and person_id is not null)", operatorId));
    }

    private async Task<JsonElement> OperatorOfAsync(string from) => await ActAsync(await ActAsync(await ControlAsync("/control/calls", new { account = "helpline", from }), "press", new { digits = "1" }), "press", new { digits = "3" });

    private Task EndSessionAsync(int officer) => stage.UntilAsync(async () =>
    {
        if (!await database.ScalarAsync<bool>("select exists (select 1 from address where hash = $1)", TestDatabase.Keys.Hash("tel", Signal)))
            return false;
        await database.ExecuteAsync("delete from session where officer_id = $1", officer);
        return true;
    });

    private async Task<Guid> ItemAsync(string code)
    {
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from item where receipt_code = $1)", ReceiptCode.Parse(code)!));
        return await database.ScalarAsync<Guid>("select id from item where receipt_code = $1", ReceiptCode.Parse(code)!);
    }

    private Task<JsonElement> ActAsync(JsonElement call, string what, object? how = null) => ControlAsync($"/control/calls/{call.GetProperty("sid").GetString()}/{what}", how ?? new { });

    private async Task<JsonElement> ControlAsync(string path, object body)
    {
        var answer = await stage.Control.PostAsJsonAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
