using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Sandbox.Tests;
using Cea.Testing;

namespace Cea.Channels.Tests.Status;

/// <summary>What somebody sees who holds a receipt code, or who holds none.</summary>
public sealed class StatusTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Wrong = "We do not find this code";
    private static int _people;
    private StatusSite _site = null!;
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _site = await StatusSite.StartAsync(database.Databases);
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from receipt_try");
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Theory]
    [InlineData("", "en-GB,en;q=0.9", "en", "ltr", "What became of my message?")]
    [InlineData("", "xx, ar-EG;q=0.8, fr;q=0.5", "ar", "rtl", "ماذا حدث لرسالتي؟")]
    [InlineData("?lang=fr", "ar", "fr", "ltr", "Où en est mon message ?")]
    [InlineData("?lang=tlh", "so", "so", "ltr", "Maxaa ku dhacay fariintayda?")]
    [InlineData("", "", "en", "ltr", "What became of my message?")]
    public async Task The_page_speaks_the_language_that_is_chosen_or_asked_for(string query, string accepts, string language, string direction, string title)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/s{query}", UriKind.Relative));
        if (accepts.Length > 0)
            request.Headers.TryAddWithoutValidation("Accept-Language", accepts);
        using var answer = await _site.Http.SendAsync(request);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var html = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
        html.ShouldContain($"<html lang=\"{language}\" dir=\"{direction}\">");
        html.ShouldContain($"<h1>{title}</h1>");
        html.ShouldContain("id=\"leave\"");
        html.ShouldContain("<form method=\"post\" action=\"/s\"");
        html.Split("hreflang=").Length.ShouldBe(21); // every other language
    }

    [Fact]
    public async Task One_of_three_states_is_shown_and_a_restricted_item_looks_like_any_other()
    {
        var (open, closed) = (await SayAsync("[complaint|water|normal|0|en] the pump is dry"), await SayAsync("[complaint|sea_staff_abuse|high|2|en] a man wants a favour"));
        var fresh = (await _pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), Text = new PersonalText("not read yet") }], default, default))[0];
        foreach (var (status, says) in new[] { ("new", "Work on it has not begun"), ("in_progress", "We are working on it"), ("referred", "We are working on it"), ("resolved", "We have finished"), ("closed", "We have finished") })
        {
            await database.ExecuteAsync("update item set status = $1", status);
            var (one, other) = (await _site.LookAsync(open.Code!), await _site.LookAsync(closed.Code!));
            one.Html.ShouldContain(says);
            StatusSite.Same(other.Html).ShouldBe(StatusSite.Same(one.Html));
            foreach (var hidden in new[] { "pump", "favour", "water", "abuse" })
                (one.Html + other.Html).ShouldNotContain(hidden);
        }
        var waiting = (await _site.LookAsync(fresh.Code!)).Html;
        waiting.ShouldContain("Work on it has not begun");
        waiting.ShouldNotContain("not read yet");
    }

    [Fact]
    public async Task A_code_is_understood_as_people_type_it()
    {
        var code = (await SayAsync("[complaint|water|normal|0|en] the pump is dry")).Code!;
        foreach (var typed in new[] { code, ReceiptCode.Read(code).ToLowerInvariant(), $" \u200f{ReceiptCode.Read(code).Replace('-', '\u2013')} " })
            (await _site.LookAsync(typed)).Html.ShouldContain("Work on it has not begun");
        (await _site.LookAsync(code, "es")).Html.ShouldContain("Todavía no hemos empezado");
    }

    [Fact]
    public async Task The_answer_is_shown_of_open_items_only_and_not_beside_anything_restricted()
    {
        var (open, closed, guarded, held) = (await SayAsync("[question|water|normal|0|en] when"), await SayAsync("[complaint|sea_staff_abuse|high|2|en] a man"), await SayAsync("[question|food|normal|0|en] when"), await SayAsync("[question|food|normal|0|en] where"));
        foreach (var (receipt, state) in new[] { (open, "sent"), (closed, "sent"), (guarded, "sent"), (held, "held") })
        {
            var reply = Guid.CreateVersion7();
            await database.ExecuteAsync("insert into message (id, item_id, audience_id, direction, kind, at, recorded_at, text) select $2, id, audience_id, 'out', 'reply', now(), now(), 'Tomorrow <b>at 6</b>' from item where id = $1", receipt.MessageId, reply);
            await database.ExecuteAsync("insert into outbox (id, message_id, item_id, audience_id, account_id, lane, purpose, body, state, due_at, created_at) select $2, $2, id, audience_id, 'line', 0, 'reply', '', $3, now(), now() from item where id = $1", receipt.MessageId, reply, state);
        }
        await database.ExecuteAsync("insert into person_guard (person_id, ever_restricted) select person_id, true from item where id = $1", guarded.MessageId);
        (await _site.LookAsync(open.Code!)).Html.ShouldContain("Our answer</h2><p class=\"answer\" dir=\"auto\">Tomorrow <b>at 6</b></p>");
        using (var raw = await _site.Http.PostAsync(new Uri("/s", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["code"] = open.Code! })))
            (await raw.Content.ReadAsStringAsync()).ShouldContain("&lt;b&gt;at 6");
        foreach (var other in new[] { closed, guarded, held })
            (await _site.LookAsync(other.Code!)).Html.ShouldNotContain("Tomorrow");
        // A word of the sender's own choice was set and is not asked for here.
        await database.ExecuteAsync("update receipt set word = 'hash' where code = $1", open.Code!);
        (await _site.LookAsync(open.Code!)).Html.ShouldNotContain("Tomorrow");
    }

    [Fact]
    public async Task Unknown_wrong_and_old_codes_get_one_answer_after_the_same_time()
    {
        var old = (await SayAsync("[complaint|water|normal|0|en] the pump is dry")).Code!;
        await database.ExecuteAsync("update receipt set created_at = now() - interval '91 days' where code = $1", old);
        await database.ExecuteAsync("update item set status = 'closed' where receipt_code = $1", old);
        var unknown = ReceiptCode.New();
        var answers = new List<string>();
        foreach (var code in new[] { unknown, unknown[..10] + (unknown[10] == '2' ? '3' : '2'), "", "'; drop table receipt --", new string('2', 5000), old })
        {
            var since = Stopwatch.StartNew();
            var (status, html) = await _site.LookAsync(code);
            since.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(395));
            status.ShouldBe(HttpStatusCode.OK);
            html.ShouldContain(Wrong);
            if (code.Length > 0)
                html.ShouldNotContain(code);
            answers.Add(html);
        }
        answers.Distinct().ShouldHaveSingleItem();
        // Only the two that can be codes were looked for.
        (await database.ScalarAsync<int>("select n from receipt_try where who = $1", TestDatabase.Keys.Hash("receipt tries of all", ""))).ShouldBe(2);
    }

    [Fact]
    public async Task Too_many_wrong_tries_from_one_address_are_refused_by_every_Host_until_the_time_is_over()
    {
        var right = (await SayAsync("[complaint|water|normal|0|en] the pump is dry")).Code!;
        var (near, far, clock) = (IPAddress.Parse("192.0.2.7"), IPAddress.Parse("192.0.2.8"), new ManualClock(TimeProvider.System.GetUtcNow()));
        await using var inbox = new Inbox(database.Databases, TestDatabase.Keys, clock, _pipeline.WakeUp);
        using ReceiptDesk one = new(database.Databases, TestDatabase.Keys, inbox, clock), other = new(database.Databases, TestDatabase.Keys, inbox, clock);
        async Task<ReceiptOutcome> TryAsync(ReceiptDesk desk, string code, IPAddress from) => (await desk.LookAsync(code, from, default)).Outcome;

        for (var i = 0; i < 30; i++)
            (await TryAsync(one, right, near)).ShouldBe(ReceiptOutcome.Found); // right ones cost nothing
        for (var i = 0; i < ReceiptDesk.WrongFromOne; i++)
            (await TryAsync(i % 2 == 0 ? one : other, ReceiptCode.New(), near)).ShouldBe(ReceiptOutcome.Unknown);
        foreach (var desk in new[] { one, other })
        {
            (await TryAsync(desk, ReceiptCode.New(), near)).ShouldBe(ReceiptOutcome.TooMany);
            (await TryAsync(desk, right, near)).ShouldBe(ReceiptOutcome.TooMany);
            (await TryAsync(desk, right, far)).ShouldBe(ReceiptOutcome.Found);
        }
        clock.Advance(ReceiptDesk.Window);
        (await TryAsync(one, right, near)).ShouldBe(ReceiptOutcome.Found);
        // Of IPv6 it is the network that counts.
        for (var i = 0; i < ReceiptDesk.WrongFromOne; i++)
            await TryAsync(one, ReceiptCode.New(), IPAddress.Parse($"2001:db8:1:2::{i + 1:x}"));
        (await TryAsync(one, right, IPAddress.Parse("2001:db8:1:2:ffff::1"))).ShouldBe(ReceiptOutcome.TooMany);
        (await TryAsync(one, right, IPAddress.Parse("2001:db8:1:3::1"))).ShouldBe(ReceiptOutcome.Found);
        (await database.ScalarAsync<bool>("select bool_and(length(who) = 32) from receipt_try")).ShouldBeTrue(); // keyed hashes, no address
    }

    [Fact]
    public async Task A_hundred_tries_at_once_get_no_further_than_one_after_the_other()
    {
        await using var inbox = new Inbox(database.Databases, TestDatabase.Keys, TimeProvider.System, _pipeline.WakeUp);
        using var desk = new ReceiptDesk(database.Databases, TestDatabase.Keys, inbox, TimeProvider.System);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => desk.LookAsync(ReceiptCode.New(), IPAddress.Loopback, default)));
        outcomes.Count(o => o.Outcome == ReceiptOutcome.Unknown).ShouldBeLessThanOrEqualTo(ReceiptDesk.WrongFromOne);
        outcomes.ShouldNotContain(o => o.Outcome == ReceiptOutcome.Found);
        (await desk.LookAsync(ReceiptCode.New(), IPAddress.Loopback, default)).Outcome.ShouldBe(ReceiptOutcome.TooMany);
        (await database.ScalarAsync<int>("select n from receipt_try where who = $1", TestDatabase.Keys.Hash("receipt tries of all", ""))).ShouldBeLessThanOrEqualTo(ReceiptDesk.WrongFromOne, "one address takes none of everybody's tries once its own are gone");
    }

    [Fact]
    public async Task All_addresses_together_have_a_limit_and_the_page_says_how_long_to_wait()
    {
        await database.ExecuteAsync("insert into receipt_try (who, until, n) values ($1, now() + interval '1 hour', $2)", TestDatabase.Keys.Hash("receipt tries of all", ""), ReceiptDesk.WrongOfAll);
        var (status, html) = await _site.LookAsync((await SayAsync("[complaint|water|normal|0|en] the pump is dry")).Code!);
        status.ShouldBe(HttpStatusCode.TooManyRequests);
        html.ShouldContain("Wait 15 minutes");
    }

    [Fact]
    public async Task With_the_database_away_the_page_says_so()
    {
        await using var away = new Databases("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1");
        await using var site = await StatusSite.StartAsync(away);
        var (status, html) = await site.LookAsync(ReceiptCode.New(), "fr");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        html.ShouldContain("Cela ne marche pas en ce moment");
        (await site.AddAsync(ReceiptCode.New(), "more")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_browser_moves_the_code_from_behind_the_sign_into_the_form_and_out_of_the_address()
    {
        var code = ReceiptCode.Read((await SayAsync("[complaint|water|normal|0|en] the pump is dry")).Code!);
        var seen = await NodeScript.RunBareAsync("status", new { url = new Uri(_site.Http.BaseAddress!, $"/s?lang=ar#{code}") });
        seen.GetProperty("problems").GetArrayLength().ShouldBe(0, seen.GetRawText());
        var (first, then) = (seen.GetProperty("first"), seen.GetProperty("then"));
        first.GetProperty("code").GetString().ShouldBe(code);
        first.GetProperty("address").GetString().ShouldEndWith("/s?lang=ar");
        then.GetProperty("address").GetString().ShouldEndWith("/s");
        then.GetProperty("said").GetString().ShouldBe("وصلتنا رسالتك. لم يبدأ العمل عليها بعد.");
        foreach (var page in new[] { first, then })
        {
            page.GetProperty("direction").GetString().ShouldBe("rtl");
            page.GetProperty("wide").GetBoolean().ShouldBeFalse();
            page.GetProperty("small").EnumerateArray().Select(e => e.GetString()).ShouldBeEmpty();
        }
        seen.GetProperty("left").GetBoolean().ShouldBeTrue();
    }

    private Task<Receipt> SayAsync(string text) => _pipeline.SayAsync($"+5025552{Interlocked.Increment(ref _people):D4}", text);
}
