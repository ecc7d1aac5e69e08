using System.Net;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Admin.Tests.Settings;

/// <summary>The page of the lines and the page of what they cost, as an administrator uses them.</summary>
public sealed class LinesPagesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly PointedChannel _pointed = new();
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Visitor _admin = null!;

    private string Box => $"box-{_run}";

    public async Task InitializeAsync()
    {
        await _site.StartAsync(new PaperChannel(), _pointed);
        await _site.HireAsync($"admin-{_run}", [Roles.Administrator]);
        _admin = await _site.SignInAsync($"admin-{_run}");
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_secret_of_a_line_is_in_no_page_and_the_line_waits_for_its_risk_note()
    {
        await AddAsync();
        _admin.Page.DocumentElement.OuterHtml.ShouldNotContain("very-secret-combination");
        Mark().ShouldBe("line-off");
        _admin.Page.QuerySelector($"#risk-{Box}-risk_note")!.TextContent.ShouldContain("name every company and server"); // a suggestion, which nobody has confirmed
        await _admin.SubmitAsync($"#switch-{Box}");
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);

        await _admin.SubmitAsync($"#risk-{Box}", ("risk_note", "Read by the site team only"));
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelector($"#risk-{Box} [role=alert] li a")!.GetAttribute("href").ShouldBe($"#risk-{Box}-risk_confirmed");
        _admin.Page.QuerySelector($"#risk-{Box}-risk_note")!.TextContent.ShouldBe("Read by the site team only");
        await _admin.SubmitAsync($"#risk-{Box}", ("risk_confirmed", "1"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        _admin.Text.ShouldContain($"Confirmed by admin-{_run}");
        await _admin.SubmitAsync($"#switch-{Box}");
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        (await database.ScalarAsync<bool>("select enabled and opened_at is not null from channel_account where id = $1", Box)).ShouldBeTrue();
        Mark().ShouldBe("line-works");
    }

    [Fact]
    public async Task The_address_to_paste_is_a_field_that_a_browser_without_scripts_copies()
    {
        await AddAsync();
        var field = _admin.Page.QuerySelector($"#webhook-{Box}-receive")!;
        field.GetAttribute("value").ShouldBe($"http://127.0.0.1:5080/c/paper/{Box}/receive#slowly");
        field.HasAttribute("readonly").ShouldBeTrue();
        _admin.Page.QuerySelector($"[data-copy='webhook-{Box}-receive']")!.HasAttribute("hidden").ShouldBeTrue(); // shown by the script that can copy
    }

    [Fact]
    public async Task How_a_line_does_is_said_in_words_and_a_failure_by_its_reason()
    {
        await OpenAsync();
        await database.ExecuteAsync("""
            insert into outbox (id, audience_id, account_id, lane, purpose, body, state, error_code, due_at, created_at, sent_at)
            select gen_random_uuid(), 1, $1, 0, 'reply', '', s, e, now() - interval '30 minutes', now(), case when s = 'sent' then now() end from (values ('sent', null), ('due', null), ('failed', 'unreachable'), ('failed', 'unreachable')) v (s, e)
            """, Box);
        await _admin.GoAsync("/settings/accounts");
        Mark().ShouldBe("line-attention");
        _admin.Page.QuerySelector($".lines a[href='#line-{Box}']").ShouldNotBeNull();
        Line().ShouldContain("Messages wait longer than ten minutes");
        Line().ShouldContain("1 in the last minute (at most 60), 1 in the last hour");
        Line().ShouldContain("1, the oldest due for 30 min");
        Line().ShouldContain("2 × the phone cannot be reached");
    }

    [Fact]
    public async Task A_pause_shows_and_one_click_ends_it()
    {
        await OpenAsync();
        await _admin.SubmitAsync($"#pause-{Box}");
        Mark().ShouldBe("line-paused");
        _admin.Page.QuerySelector($"#pause-{Box} input[name=minutes]")!.GetAttribute("value").ShouldBe("0");
        await _admin.SubmitAsync($"#pause-{Box}");
        Mark().ShouldBe("line-works");
    }

    [Fact]
    public async Task Switching_off_warns_while_messages_wait()
    {
        await OpenAsync();
        await database.ExecuteAsync("insert into outbox (id, audience_id, account_id, lane, purpose, body, state, due_at, created_at) values (gen_random_uuid(), 1, $1, 0, 'reply', '', 'due', now(), now())", Box);
        await _admin.GoAsync("/settings/accounts");
        await _admin.SubmitAsync($"#switch-{Box}");
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelector($"#switch-{Box} [role=alert]")!.TextContent.ShouldContain("messages wait to go out: 1");
        await _admin.SubmitAsync($"#switch-{Box}", ("sure", "1"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        Mark().ShouldBe("line-off");
    }

    [Fact]
    public async Task A_test_shows_how_far_it_has_come_and_its_number_is_in_no_page()
    {
        await OpenAsync();
        await _admin.SubmitAsync($"#test-{Box}", ("test_number", "+50255501234"));
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        await _admin.SubmitAsync($"#test-{Box}", ("test_number", "+50255501234"), ("test_own", "1"));
        (_admin.Answered, _admin.Led).ShouldBe((HttpStatusCode.SeeOther, $"/settings/accounts?tested={Box}#tests-{Box}"));
        _admin.Page.DocumentElement.OuterHtml.ShouldNotContain("55501234");
        var states = _admin.Page.QuerySelector($"#tests-{Box}")!;
        states.TextContent.ShouldContain("Waiting to go out");
        var look = states.GetAttribute("hx-get")!;

        (await _admin.ReadAsync(look)).ShouldBeEmpty();
        _admin.Status.ShouldBe(HttpStatusCode.NoContent); // nothing has changed
        await database.ExecuteAsync("update outbox set state = 'failed', error_code = 'unreachable' where account_id = $1", Box);
        (await _admin.ReadAsync(look)).ShouldBeEmpty(); // what became of it would tell of its number
        await database.ExecuteAsync("update line_test set shown_from = now() where account_id = $1", Box);
        (await _admin.ReadAsync(look)).ShouldContain("The line has taken it: look at your telephone");
        (await _admin.ReadAsync(look)).ShouldNotContain("hx-get"); // it will not change any more
        await _site.HireAsync($"officer-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"officer-{_run}");
        await officer.ReadAsync(look);
        officer.Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_a_line_costs_is_reckoned_from_the_prices_that_somebody_typed()
    {
        await OpenAsync();
        await database.ExecuteAsync("""
            insert into outbox (id, audience_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, created_at, sent_at) select gen_random_uuid(), 1, $1, 0, 'reply', '', 1, false, 'en', 'sent', now(), now(), now() from generate_series(1, 1000)
            """, Box);
        await _admin.GoAsync("/settings/costs");
        _admin.Text.ShouldContain("No prices yet");
        await _admin.SubmitAsync($"#prices-{Box}", ("price_outbound", "cheap"));
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelectorAll($"#prices-{Box} [role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe([$"#prices-{Box}-price_outbound", $"#prices-{Box}-currency"]);
        await _admin.SubmitAsync($"#prices-{Box}", ("price_outbound", "0,0075"), ("price_month", "2.5"), ("currency", "usd"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        _admin.Page.QuerySelector($"[aria-labelledby='cost-{Box}'] .total")!.TextContent.Trim().ShouldBe("10.00 USD");
    }

    [Fact]
    public async Task A_click_that_comes_again_with_another_lines_id_points_no_other_line()
    {
        await database.ExecuteAsync("insert into channel_account (id, kind, enabled) values ($1, 'pointed', true), ($2, 'pointed', true)", $"one-{_run}", $"two-{_run}");
        await _admin.GoAsync("/settings/accounts");
        var click = Guid.CreateVersion7().ToString();
        await _admin.SubmitAsync($"#webhook-one-{_run}", ("client_id", click));
        await _admin.GoAsync("/settings/accounts");
        await _admin.SubmitAsync($"#webhook-two-{_run}", ("client_id", click));
        _pointed.Told.ShouldBe([$"one-{_run}", $"one-{_run}"]);
        await _admin.GoAsync("/settings/accounts");
        await _admin.SubmitAsync($"#webhook-two-{_run}");
        _pointed.Told.Last().ShouldBe($"two-{_run}");
        (await database.ScalarAsync<long>("select count(*) from audit where act = 'PointWebhook' and officer_id = (select id from officer where user_name = $1)", $"admin-{_run}")).ShouldBe(2);
    }

    private async Task AddAsync()
    {
        await _admin.GoAsync("/settings/accounts");
        await _admin.SubmitAsync("#account-new-paper", ("id", Box), ("setting_Box", "7"), ("setting_Combination", "very-secret-combination"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
    }

    private async Task OpenAsync()
    {
        await AddAsync();
        await _admin.SubmitAsync($"#risk-{Box}", ("risk_confirmed", "1"));
        await _admin.SubmitAsync($"#switch-{Box}");
    }

    private AngleSharp.Dom.IElement Section() => _admin.Page.QuerySelector($"section[aria-labelledby='line-{Box}']")!;

    private string Line() => Section().TextContent;

    private string Mark() => Section().QuerySelector("h2 .line-mark")!.ClassList[1];

    // A line whose provider is told where to call, and remembers for which line.
    private sealed class PointedChannel : IChannel, IChecksAccount, ISetsWebhook
    {
        private readonly PaperChannel _paper = new("pointed", null, []);

        public List<string> Told { get; } = [];

        public string Kind => _paper.Kind;

        public ChannelTraits Traits => _paper.Traits;

        public IReadOnlyList<AccountSetting> Settings => _paper.Settings;

        public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => _paper.Receive(call, account);

        public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => _paper.Answer(call, account, receipts, snapshot);

        public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => _paper.SendAsync(message, account, ct);

        public Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct) => Task.FromResult<IReadOnlyList<LineProblem>>([]);

        public Task<LineProblem?> SetWebhookAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
        {
            Told.Add(account.Id);
            return Task.FromResult<LineProblem?>(null);
        }
    }
}
