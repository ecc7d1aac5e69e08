using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>A line on which free text ends a day after the person's last message.</summary>
public sealed class WindowTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly Dictionary<string, string?> Settings = new() { ["Channels:win:Kind"] = "windowed" };
    private static int _number = 400000;
    private readonly WindowedChannel _channel = new();
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private Office _office = null!;
    private Officer _officer = null!, _admin = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, Settings, _channel);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("delete from outbox; delete from message_template");
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _officer = await _office.HireAsync($"officer-{run}", [Roles.Officer]);
        _admin = await _office.HireAsync($"admin-{run}", [Roles.Administrator]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task Free_text_goes_out_within_the_window_and_the_item_says_until_when()
    {
        var item = await HeardAsync(TimeSpan.FromHours(23));
        var window = (await _office.AskAsync(_officer, new ItemDetail(item))).Window;
        window.ShouldNotBeNull();
        window.Open.ShouldBeTrue();
        window.ClosesAt!.Value.ShouldBe(TimeProvider.System.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(1));
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Gracias"), false, Guid.CreateVersion7()));

        var claim = await ReplyClaimAsync();
        (claim.Text!.Value.Value, claim.Template).ShouldBe(("Gracias", null));
    }

    [Fact]
    public async Task Free_text_is_refused_after_it_until_the_person_writes_again()
    {
        var item = await HeardAsync(TimeSpan.FromHours(24));
        (await _office.AskAsync(_officer, new ItemDetail(item))).Window!.Open.ShouldBeFalse();
        (await _office.RefusalAsync(_officer, new ReplyToItem(item, new PersonalText("Gracias"), false, Guid.CreateVersion7()))).ShouldBe("window_closed");

        await _pipeline.SayAsync(_from, "[question|opening_hours|normal|0|es] hola?", "win");
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Gracias"), false, Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Our_own_messages_do_not_lengthen_the_window()
    {
        var item = await HeardAsync(TimeSpan.FromHours(20));
        var before = (await _office.AskAsync(_officer, new ItemDetail(item))).Window;
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Gracias"), false, Guid.CreateVersion7()));
        (await _office.AskAsync(_officer, new ItemDetail(item))).Window.ShouldBe(before);
    }

    [Fact]
    public async Task After_it_an_approved_template_goes_out_with_its_values()
    {
        var item = await HeardAsync(TimeSpan.FromHours(30));
        var template = await ApprovedAsync("answer", "es", MessageTemplate.Reply, "Su caso {{1}}: {{2}} el {{3}}.", "code", "qué", "día");
        var choice = (await _office.AskAsync(_officer, new ItemDetail(item))).Templates.ShouldHaveSingleItem();
        choice.Asked.ShouldBe(["qué", "día"]);
        (await _office.RefusalAsync(_officer, new ReplyWithTemplate(item, template, [new("abrimos")], false, Guid.CreateVersion7()))).ShouldBe("template_values");
        (await _office.RefusalAsync(_officer, new ReplyWithTemplate(item, template + 1000, [], false, Guid.CreateVersion7()))).ShouldBe("template_not_found");

        await _office.AskAsync(_officer, new ReplyWithTemplate(item, template, [new("abrimos\n\ttemprano"), new("lunes")], false, Guid.CreateVersion7()));

        var claim = await ReplyClaimAsync();
        var code = ReceiptCode.Read(await database.ScalarAsync<string>("select receipt_code from item where id = $1", item));
        claim.Text!.Value.Value.ShouldBe($"Su caso {code}: abrimos temprano el lunes.");
        claim.Template!.ExternalId.ShouldBe("HX9");
        claim.Template.Values.Select(v => v.Value).ShouldBe([code, "abrimos temprano", "lunes"]);
    }

    [Fact]
    public async Task A_template_that_lost_its_approval_is_not_sent()
    {
        var item = await HeardAsync(TimeSpan.FromHours(30));
        var template = await ApprovedAsync("paused", "es", MessageTemplate.Reply, "Abrimos el lunes.");
        await _office.AskAsync(_officer, new ReplyWithTemplate(item, template, [], false, Guid.CreateVersion7()));
        await database.ExecuteAsync("update message_template set state = 'paused'");

        (await ReplyClaimAsync()).Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where item_id = $1 and purpose = 'reply'", item)).ShouldBe("failed template");
    }

    [Fact]
    public async Task A_reply_that_waited_past_the_window_fails_with_the_reason()
    {
        var item = await HeardAsync(TimeSpan.FromHours(1));
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Gracias"), false, Guid.CreateVersion7()));
        await database.ExecuteAsync("update message set at = at - interval '24 hours' where item_id = $1 and direction = 'in'", item);

        (await ReplyClaimAsync()).Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where item_id = $1 and purpose = 'reply'", item)).ShouldBe("failed window_closed");
    }

    [Fact]
    public async Task A_question_after_it_goes_out_as_the_template_of_its_language_and_what_went_out_is_what_is_kept()
    {
        var item = await HeardAsync(TimeSpan.FromHours(40));
        await ApprovedAsync("survey", "en", MessageTemplate.Survey, "Case {{1}} solved? YES or NO.", "code");
        await ApprovedAsync("survey", "es", MessageTemplate.Survey, "Caso {{1}}: ¿resuelto? SI o NO.", "code");
        await AskSurveyAsync(item);

        var claim = (await ClaimAsync())!;
        var code = ReceiptCode.Read(await database.ScalarAsync<string>("select receipt_code from item where id = $1", item));
        claim.Text!.Value.Value.ShouldBe($"Caso {code}: ¿resuelto? SI o NO.");
        TestDatabase.Keys.OpenText(await database.ScalarAsync<byte[]>("select body from outbox where id = $1", claim.Id), "outbox").ShouldBe(claim.Text.Value.Value);
    }

    [Fact]
    public async Task A_question_without_an_approved_template_fails_with_the_reason()
    {
        var item = await HeardAsync(TimeSpan.FromHours(40));
        await AskSurveyAsync(item);
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where item_id = $1 and purpose = 'survey'", item)).ShouldBe("failed window_closed");
    }

    [Theory]
    [InlineData("Answer", "reply", "x", "", "name template_name_wrong")]
    [InlineData("answer", "reply", "{{1}} and {{3}}", "a\nb", "places places_wrong")]
    [InlineData("answer", "reply", "{{1}}", "", "places places_wrong")]
    [InlineData("answer", "survey", "Case {{1}}", "who", "places places_not_known")]
    [InlineData("answer", "reply", "Say {{1}}", "text", "places places_not_known")]
    [InlineData("answer", "other", "", "", "purpose unknown, body needed")]
    public async Task A_template_that_cannot_work_is_refused_with_its_field(string name, string purpose, string body, string places, string wrong) =>
        (await _office.WrongFieldsAsync(_admin, new SaveTemplate("win", name, "es", purpose, "UTILITY", body, places.Split('\n'), Guid.CreateVersion7()))).ShouldBe(wrong);

    [Fact]
    public async Task A_wanted_template_is_created_once_though_the_answer_was_lost_and_its_approval_is_followed()
    {
        await _office.AskAsync(_admin, new SaveTemplate("win", "answer", "es", MessageTemplate.Reply, "UTILITY", "Abrimos {{1}}.", ["cuándo"], Guid.CreateVersion7()));
        var sync = new TemplateSync(database.Databases, _office.Get<IntakeBoard>(), _pipeline.Kinds, TimeProvider.System);
        _channel.LosesAnswer = new HttpRequestException("lost");
        await sync.RunAsync(CancellationToken.None);
        (await StateAsync()).ShouldBe("wanted -");

        await sync.RunAsync(CancellationToken.None);
        (await StateAsync()).ShouldBe("pending HX1");
        var held = _channel.Held.ShouldHaveSingleItem();
        held.Value.Draft.ShouldBe(new TemplateDraft("cea_win_answer_es", "es", "UTILITY", "Abrimos {{1}}.", held.Value.Draft.Examples));

        _channel.Held["HX1"] = (held.Value.Draft, TemplateState.Approved);
        await sync.RunAsync(CancellationToken.None);
        (await StateAsync()).ShouldBe("approved HX1");

        await database.ExecuteAsync("update message_template set checked_at = now() - interval '7 hours'");
        _channel.Held.Clear();
        await sync.RunAsync(CancellationToken.None);
        (await StateAsync()).ShouldBe("disabled HX1");
    }

    [Fact]
    public async Task A_template_that_the_provider_refuses_says_so_and_stops_no_other()
    {
        await _office.AskAsync(_admin, new SaveTemplate("win", "first", "es", MessageTemplate.Reply, "UTILITY", "Uno", [], Guid.CreateVersion7()));
        _channel.Refuses = new HttpRequestException("no", null, System.Net.HttpStatusCode.BadRequest);
        await new TemplateSync(database.Databases, _office.Get<IntakeBoard>(), _pipeline.Kinds, TimeProvider.System).RunAsync(CancellationToken.None);
        (await StateAsync()).ShouldBe("rejected -");
    }

    private Task<string> StateAsync() => database.ScalarAsync<string>("select state || ' ' || coalesce(external_id, '-') from message_template");

    private async Task<Guid> HeardAsync(TimeSpan ago)
    {
        var item = (await _pipeline.SayAsync(_from, "[suggestion|opening_hours|normal|0|es] abran antes", "win")).MessageId;
        await database.ExecuteAsync("update message set at = at - $2 where item_id = $1 and direction = 'in'", item, ago);
        await database.ExecuteAsync("delete from outbox where item_id = $1", item);
        return item;
    }

    private async Task<int> ApprovedAsync(string name, string lang, string purpose, string body, params string[] places)
    {
        var id = await _office.AskAsync(_admin, new SaveTemplate("win", name, lang, purpose, "UTILITY", body, places, Guid.CreateVersion7()));
        await database.ExecuteAsync("update message_template set state = 'approved', external_id = 'HX9' where id = $1", id);
        return id;
    }

    private Task AskSurveyAsync(Guid item) => database.ExecuteAsync("""
        with said as (insert into message (id, item_id, person_id, audience_id, direction, kind, account_id, lang, at, recorded_at, text) select gen_random_uuid(), id, person_id, 1, 'out', 'survey', 'win', 'es', now(), now(), 'Caso' from item where id = $1 returning id, item_id, person_id)
        insert into outbox (id, message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) select id, id, item_id, 1, person_id, 'win', 2, 'survey', $2, 'due', now() - interval '1 second', now() from said
        """, item, TestDatabase.Keys.Seal("Caso: ¿resuelto?", "outbox"));

    private async Task<OutboxClaim> ReplyClaimAsync()
    {
        await database.ExecuteAsync("update outbox set due_at = now() - interval '1 second' where state = 'due'");
        return (await ClaimAsync())!;
    }

    private async Task<OutboxClaim?> ClaimAsync()
    {
        (await _pipeline.Outbox.TakeAccountAsync("win", "test", CancellationToken.None)).ShouldBeTrue();
        return await _pipeline.Outbox.ClaimAsync("win", "test", [], _channel.Traits, CancellationToken.None);
    }
}
