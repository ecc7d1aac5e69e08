using System.Net.Http.Json;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>By telephone: somebody calls, chooses his language, leaves a message and hears a code; an officer types what he hears, calls back, and closes. Hang-ups, hidden numbers, operators.</summary>
public sealed class HelplineStory(Stage stage) : IClassFixture<Stage>
{
    private readonly TestDatabase database = stage.Database;
    private readonly OfficerAtWork _lead = stage.Lead;

    [Fact]
    public async Task A_message_left_by_telephone_is_typed_answered_by_a_call_and_closed()
    {
        var call = await CallAsync("+50255507001");
        Heard(call).ShouldBe(["Para español, marque 1.", "For English, press 2.", "Pour le français, tapez 3."]);
        call = await ActAsync(call, "press", new { digits = "1" });
        Heard(call)[3].ShouldContain("Demo Red Cross");
        call = await ActAsync(call, "press", new { digits = "1" });
        Waits(call).ShouldBe("speech");
        call = await ActAsync(call, "speak", new { seconds = 9 });
        var spelled = Code(call);
        call = await ActAsync(call, "press", new { digits = "1" }); // once more
        Code(call).ShouldBe(spelled + spelled);
        Waits(await ActAsync(call, "silence")).ShouldBe("ended");

        var item = await ItemAsync("+50255507001");
        (await database.ScalarAsync<string>("select receipt_code || ' ' || lang || ' ' || channel || ' ' || circle_id from item where id = $1", item)).ShouldBe($"{spelled} es twilio-voice 1");
        ReceiptCode.Parse(spelled).ShouldBe(spelled);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select count(*) = 0 from inbox where kind = 'call' and person_key = $1", TestDatabase.Keys.Hash("tel", "+50255507001")));
        (await database.ScalarAsync<long>("select count(*) from phone_call where item_id = $1 and outcome = 'message'", item)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", item)).ShouldBe(1);

        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Type what you hear");
        await _lead.DoAsync(item, "transcript", new() { ["message"] = item.ToString(), ["text"] = "Por favor abran más temprano, salgo de trabajar y ya cerraron" });
        var page = await _lead.GetAsync($"/items/{item}");
        page.ShouldContain("salgo de trabajar");
        page.ShouldContain("Typed from the recording by");

        await _lead.DoAsync(item, "sensitivity", new() { ["class"] = "0", ["type"] = "suggestion", ["topic1"] = "opening_hours", ["urgency"] = "normal", ["reason"] = "only about hours" });
        (await _lead.GetAsync("/items?view=open")).ShouldContain("salgo de trabajar");
        await _lead.DoAsync(item, "called", new() { ["result"] = "no_answer", ["text"] = "" });
        await _lead.DoAsync(item, "called", new() { ["result"] = "reached", ["text"] = "Sabe que abrimos a las 6 desde el lunes" });
        page = await _lead.GetAsync($"/items/{item}");
        page.ShouldContain("Called back: reached");
        page.ShouldContain("desde el lunes");
        await _lead.DoAsync(item, "resolve", new() { ["text"] = "Se abre a las 6 desde el lunes" });
        await _lead.DoAsync(item, "close", new() { ["method"] = "follow_up_call" });
        (await database.ScalarAsync<string>("select status || ' ' || loop_method || ' ' || (first_answer_at is not null) from item where id = $1", item)).ShouldBe("closed follow_up_call true");
        (await database.ScalarAsync<long>("select (select count(*) from outbox where item_id = $1) + (select count(*) from survey where item_id = $1)", item)).ShouldBe(0, "no machine speaks to whoever lifts the receiver");
    }

    [Fact]
    public async Task Three_hang_ups_at_different_points_each_told_twice_are_one_restricted_item()
    {
        const string from = "+50255507002";
        await FaultAsync("inbound-duplicate");
        foreach (var keys in new[] { "", "2", "21" })
        {
            var call = await CallAsync(from);
            foreach (var key in keys)
                call = await ActAsync(call, "press", new { digits = key.ToString() });
            Waits(await ActAsync(call, "hangup")).ShouldBe("ended");
        }
        using (await stage.Control.DeleteAsync(new Uri("/control/faults", UriKind.Relative)))
        {
        }

        var item = await ItemAsync(from);
        (await database.ScalarAsync<string>("select type || ' ' || urgency || ' ' || circle_id from item where id = $1", item)).ShouldBe("incomplete high 1");
        (await database.ScalarAsync<long>("select count(*) from phone_call where item_id = $1 and outcome is null", item)).ShouldBe(3);
        (await database.ScalarAsync<long>("select count(*) from item where person_id = (select person_id from item where id = $1)", item)).ShouldBe(1);
        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Called several times within a day and said nothing");
    }

    [Fact]
    public async Task A_hidden_number_cannot_be_called_back_and_its_message_is_an_item_of_nobody()
    {
        var call = await CallAsync("anonymous");
        call = await ActAsync(await ActAsync(call, "press", new { digits = "1" }), "press", new { digits = "2" });
        Heard(call).ShouldContain(t => t.Contains("Su número está oculto", StringComparison.Ordinal));
        call = await ActAsync(call, "speak", new { seconds = 3, ends = "hangup" });
        Waits(call).ShouldBe("ended");
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from item where account_id = 'helpline' and person_id is null)"));
        (await database.ScalarAsync<long>("select count(*) from item where account_id = 'helpline' and person_id is null")).ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_is_put_through_to_who_is_on_duty_and_leaves_a_message_when_nobody_takes_it()
    {
        var officer = await database.ScalarAsync<int>("select id from officer where user_name = 'lead'");
        var saved = await _lead.PostAsync("/settings/operators", "/settings/operators/save", new() { ["officer"] = officer.ToString(System.Globalization.CultureInfo.InvariantCulture), ["number"] = "+50255500001", ["languages"] = "fr", ["gender"] = "female" });
        ((int)saved.StatusCode).ShouldBe(303);
        (await _lead.GetAsync("/settings/operators")).ShouldNotContain("55500001");
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) select min(id), $1, now() - interval '1 hour', now() + interval '1 hour' from team", officer);

        JsonElement call = default;
        await stage.UntilAsync(async () =>
        {
            call = await ActAsync(await CallAsync("+50255507003"), "press", new { digits = "3" });
            if (Heard(call)[^1] == "Pour parler à quelqu'un maintenant, tapez 3.")
                return true;
            await ActAsync(call, "hangup");
            return false;
        });
        call = await ActAsync(call, "press", new { digits = "3" });
        Waits(call).ShouldBe("operator");
        call = await ActAsync(call, "decline");
        Waits(call).ShouldBe("speech");
        Heard(call).ShouldContain("Un appel de la ligne d'écoute. Pour le prendre, appuyez sur une touche.");
        await ActAsync(call, "speak", new { seconds = 5 });
        await ItemAsync("+50255507003");

        call = await ActAsync(await ActAsync(await CallAsync("+50255507004"), "press", new { digits = "3" }), "press", new { digits = "3" });
        Waits(await ActAsync(call, "answer")).ShouldBe("ended");
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from phone_call where outcome = 'answered' and item_id is null and ended_at is not null)"));
    }

    private async Task<JsonElement> CallAsync(string from) => await ControlAsync("/control/calls", new { account = "helpline", from });

    private Task<JsonElement> ActAsync(JsonElement call, string what, object? how = null) => ControlAsync($"/control/calls/{call.GetProperty("sid").GetString()}/{what}", how ?? new { });

    private async Task<JsonElement> ControlAsync(string path, object body)
    {
        var answer = await stage.Control.PostAsJsonAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task FaultAsync(string name) => (await stage.Control.PutAsJsonAsync($"/control/faults/{name}", new { account = "helpline" })).IsSuccessStatusCode.ShouldBeTrue();

    private static List<string> Heard(JsonElement call) => [.. call.GetProperty("heard").EnumerateArray().Select(h => h.GetProperty("text").GetString()!)];

    private static string Waits(JsonElement call) => call.GetProperty("waiting").GetString()!;

    private static string Code(JsonElement call) => string.Concat(Heard(call).Where(t => t.Length == 1));

    // The one item of this number.
    private async Task<Guid> ItemAsync(string from)
    {
        var hash = TestDatabase.Keys.Hash("tel", from);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from item i join address a using (person_id) where a.hash = $1)", hash));
        return Guid.Parse(await database.ScalarAsync<string>("select i.id::text from item i join address a using (person_id) where a.hash = $1", hash));
    }
}
