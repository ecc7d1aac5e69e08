using System.Text.Json;
using Cea.Host.Keeping;
using Cea.Testing;

namespace Cea.Host.Tests.Keeping;

public sealed class DoctorTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await pipeline.SayAsync("+50255519876", "[complaint|water|normal|0|en] the queue is long");
        await pipeline.SayAsync("+50255519877", "[complaint|sea_staff_abuse|high|2|en] a man wants a favour");
        await _place.Database.ExecuteAsync("""
            delete from channel_account;
            insert into officer (id, user_name, display_name, roles) overriding system value values (901, 'one', 'one', '{circle}'), (902, 'two', 'two', '{circle}'), (903, 'not on call', 'not on call', '{circle}');
            insert into circle_member (circle_id, officer_id, confirmed_at) select c.id, o.id, now() from circle c, officer o where o.id in (901, 902);
            insert into rota (circle_id, officer_id, starts_at, ends_at) select c.id, o.id, now() - interval '1 hour', now() + interval '8 hours' from circle c, officer o where o.id in (901, 902);
            update circle set outside_contact = 'the ombudsperson', confidential_phone = '+502 5550 0000';
            insert into deployment values ('time_zone', 'America/Guatemala');
            """);
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task Where_nothing_is_wrong_it_says_so_and_ends_with_0()
    {
        var (code, output) = await _place.CeaAsync("doctor");
        code.ShouldBe(0, output);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(l => l.StartsWith("ok  ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_totals_hold_what_is_restricted_too_and_a_fault_ends_with_1()
    {
        await _place.Database.ExecuteAsync("""
            update outbox set state = 'sent';
            insert into inbox (id, account_id, kind, received_at, sealed, dead, due_at) select gen_random_uuid(), 'line', 'message', now(), '', n = 1, now() from generate_series(1, 3) n;
            insert into outbox (id, audience_id, account_id, lane, purpose, body, segments, state, due_at, created_at)
            select gen_random_uuid(), 1, 'line', 1, 'reply', '', 1, s, now(), now() from unnest(array['due', 'due', 'due', 'sending', 'in_doubt', 'failed', 'failed', 'delivered']) s
            """);
        var sent = await _place.Database.ScalarAsync<long>("select count(*) from outbox where state in ('sent', 'delivered')");

        var (code, output) = await _place.CeaAsync("doctor", "--json");

        code.ShouldBe(1);
        var report = JsonDocument.Parse(output).RootElement;
        long Number(string name) => report.GetProperty(name).GetInt64();
        (Number("messages_received"), Number("messages_untriaged"), Number("items"), Number("people"), Number("dead_letters")).ShouldBe((5, 2, 2, 2, 1));
        var outbox = report.GetProperty("outbox");
        new[] { "due", "sending", "in_doubt", "sent", "failed" }.Select(n => outbox.GetProperty(n).GetInt64()).ShouldBe([3, 1, 1, sent, 2]);
        report.GetProperty("findings").EnumerateArray().Where(f => !f.GetProperty("ok").GetBoolean()).Select(f => f.GetProperty("what").GetString()).ShouldBe(["dead letters", "in doubt"], ignoreOrder: true);
    }

    [Fact]
    public async Task Each_fault_is_said_in_plain_words()
    {
        await _place.Database.ExecuteAsync("delete from deployment where name = 'time_zone'; update circle set outside_contact = null, confidential_phone = null where code = 'psea'; delete from rota where circle_id = (select id from circle where code = 'health') and officer_id = 901; delete from routing_rule; delete from circle_member where circle_id = 1 and officer_id = 901; delete from circle_member where circle_id = 3 and officer_id = 902; insert into circle_member (circle_id, officer_id, confirmed_at) select 3, id, now() from officer where id = 903");
        var report = await Doctor.ExamineAsync(_place.Configuration(("Cea:PublicUrl", "http://feedback.example.org"), ("Cea:DataDirectory", "/proc/cea"),
            ("Channels:far:Kind", "telegram"), ("Channels:far:BotToken", "100009:keep-bot-token-0000000000000000000000"), ("Channels:far:WebhookSecret", "keep-secret"), ("Channels:far:ApiBaseUrl", "http://127.0.0.1:1"),
            ("Channels:half:Kind", "telegram"), ("Channels:half:BotToken", "100009:keep-bot-token-0000000000000000000000"), ("Channels:odd:Kind", "pigeon")), new ManualClock(TimeProvider.System.GetUtcNow().AddMinutes(-10)), CancellationToken.None);

        Says(report, "public address").ShouldContain("is not https");
        Says(report, "disk").ShouldContain("make room before messages can no longer be stored");
        Says(report, "clock").ShouldContain("s apart: set the time by NTP");
        Says(report, "circle psea").ShouldBe("no outside contact");
        Says(report, "time zone").ShouldContain("nobody knows when it is night");
        Says(report, "confidential telephone").ShouldContain("a member of the circle psea sets the focal point's number");
        Says(report, "circle health").ShouldContain("fewer than two on call now");
        Says(report, "circle check_first").ShouldStartWith("fewer than two screeners");
        Says(report, "circle protection").ShouldContain("fewer than two on call now: its critical clocks do not run");
        Says(report, "routing").ShouldContain("no default team");
        Says(report, "line far").ShouldBe("the provider does not answer from here");
        Says(report, "line half").ShouldContain("WebhookSecret is missing");
        Says(report, "line odd").ShouldContain("no such kind of line: pigeon");
    }

    [Fact]
    public async Task A_job_that_an_older_Host_has_put_aside_is_named()
    {
        await _place.Database.ExecuteAsync("set role cea_worker; create table qz.qrtz_triggers (trigger_name text, trigger_state text); insert into qz.qrtz_triggers values ('FoldCounts', 'WAITING'), ('DeleteProviderCopies', 'ERROR')");
        (await LookAsync()).Findings.Where(f => f.What.StartsWith("job ", StringComparison.Ordinal)).Select(f => (f.What, f.Ok)).ShouldBe([("job DeleteProviderCopies", false)]);
    }

    [Fact]
    public async Task A_promoted_model_that_cannot_be_used_is_told_with_what_reads_in_its_place()
    {
        var model = (await LookAsync()).Findings.Single(f => f.What == "model");
        (model.Ok, model.Says.StartsWith("the shipped one (cea-", StringComparison.Ordinal)).ShouldBe((true, true));
        await _place.Database.ExecuteAsync("insert into learned_model (version, trained_at, state, corpus_rows, open_rows, seconds, memory_mb, report, refused, sealed) values ('one', now(), 'champion', 1, 1, 1, 1, '{}', '{}', $1)",
            TestDatabase.Keys.Seal("not a model", "learned model"));
        Says(await LookAsync(), "model").ShouldStartWith("the promoted model cannot be used (damaged); in its place reads the shipped one (cea-");
        Says(await LookAsync(("Cea:Model", _place.PathOf("none"))), "model").ShouldContain("every message waits for a person");
    }

    [Fact]
    public async Task Where_keys_lie_wrong_and_where_nothing_can_be_opened_it_says_what_to_do()
    {
        Says(await LookAsync(("Cea:Keys", _place.PathOf("data/keys.json"))), "settings").ShouldStartWith("Cea:Keys: must not lie in the data directory");
        Says(await LookAsync(("Cea:Keys", _place.KeysFile), ("Cea:PublicUrl", "https://feedback.example.org")), "keys").ShouldContain("lies beside the data");
        Says(await LookAsync(("ConnectionStrings:Cea", ""), ("Cea:DataDirectory", _place.PathOf("none"))), "settings").ShouldContain("the first `cea serve` makes it");
        Directory.Exists(_place.PathOf("none")).ShouldBeFalse(); // looking has made nothing
        Says(await LookAsync(("ConnectionStrings:Cea", "Host=127.0.0.1;Port=1;Database=cea;Username=cea")), "database").ShouldContain("Is the server running");
        Says(await LookAsync(("ConnectionStrings:Cea", await TestDatabase.EmptyAsync())), "schema").ShouldContain("run `cea migrate`");
        var name = new Npgsql.NpgsqlConnectionStringBuilder(_place.Database.ConnectionString).Database![..33] + "_before_restore_20260101000000"; // 63 in all
        await _place.Database.ExecuteAsync($"create database {name}");
        Says(await LookAsync(), "set aside").ShouldContain($"the database {name} of before a restore");
    }

    [Fact]
    public async Task Who_scans_files_is_asked_whether_it_is_there_fresh_and_finds_anything()
    {
        var clock = TimeProvider.System.GetUtcNow().UtcDateTime;
        string Version(int days) => $"ClamAV 1.4.3/27820/{clock.AddDays(-days).ToString("ddd MMM d HH:mm:ss yyyy", System.Globalization.CultureInfo.InvariantCulture)}";
        (await LookAsync()).Findings.Single(f => f.What == "virus scanner").ShouldSatisfyAllConditions(f => f.Ok.ShouldBeTrue(), f => f.Says.ShouldStartWith("none: files that people send are not scanned"));

        await using (var fine = new ScannerStandIn(Version(1)))
        {
            var found = (await LookAsync(("Cea:ClamAv", fine.Address))).Findings.Single(f => f.What == "virus scanner");
            (found.Ok, found.Says).ShouldBe((true, $"ClamAV 1.4.3, signatures of {clock.AddDays(-1):yyyy-MM-dd}, finds the EICAR test file"));
            fine.Scanned.ShouldHaveSingleItem().Length.ShouldBe(68);
        }
        await using (var old = new ScannerStandIn(Version(9)))
            Says(await LookAsync(("Cea:ClamAv", old.Address)), "virus scanner").ShouldStartWith("ClamAV 1.4.3 has signatures of 9 days ago");
        await using (var blind = new ScannerStandIn(Version(0), finds: ""))
            Says(await LookAsync(("Cea:ClamAv", blind.Address)), "virus scanner").ShouldContain("does not find the EICAR test file");
        await using (var empty = new ScannerStandIn("ClamAV 1.4.3"))
            Says(await LookAsync(("Cea:ClamAv", empty.Address)), "virus scanner").ShouldContain("does not say how old its signatures are");
        await using (var other = new ScannerStandIn("220 mail", ping: "220 mail"))
            Says(await LookAsync(("Cea:ClamAv", other.Address)), "virus scanner").ShouldStartWith("what answers there is no ClamAV: no file is kept");
        Says(await LookAsync(("Cea:ClamAv", $"127.0.0.1:{HostProcess.FreePort()}")), "virus scanner").ShouldStartWith("the scanner is away: no file is kept until it answers");
    }

    [Fact]
    public async Task The_engine_that_hears_recordings_is_asked_whether_it_does()
    {
        (await LookAsync()).Findings.Single(f => f.What == "speech to text").ShouldSatisfyAllConditions(f => f.Ok.ShouldBeTrue(), f => f.Says.ShouldStartWith("none: officers type what recordings say"));
        (await LookAsync(("Cea:SpeechToText:Url", "http://8.8.8.8"))).Findings[^1].ShouldSatisfyAllConditions(f => f.Ok.ShouldBeFalse(), f => f.Says.ShouldStartWith("Cea:SpeechToText:Url: 8.8.8.8 is not on this machine or its private network"));

        await using var engine = await SpeechStandIn.StartAsync();
        (string, string?)[] settings = [("Cea:SpeechToText:Url", engine.Url), ("Cea:SpeechToText:Model", "base")];
        var found = (await LookAsync(settings)).Findings.Single(f => f.What == "speech to text");
        (found.Ok, found.Says).ShouldBe((true, $"base at {engine.Url} answers"));
        engine.Asked.ShouldHaveSingleItem().File[..4].ShouldBe("RIFF"u8.ToArray());
        foreach (var (status, says) in new[] { (401, "refuses us (http_401): is Cea:SpeechToText:Key right?"), (503, "does not answer as a speech server does (http_503)"), (422, "does not take one second of silence as WAV (http_422)"), (500, "could not hear one second of silence (http_500)") })
        {
            engine.Answers = c => { c.Response.StatusCode = status; return Task.CompletedTask; };
            Says(await LookAsync(settings), "speech to text").ShouldContain(says);
        }
        Says(await LookAsync(("Cea:SpeechToText:Url", $"http://127.0.0.1:{HostProcess.FreePort()}"), ("Cea:SpeechToText:Model", "base")), "speech to text").ShouldContain("(network): is it running, and Cea:SpeechToText:Url right? Officers type meanwhile");
    }

    private Task<Doctor.Report> LookAsync(params (string, string?)[] other) => Doctor.ExamineAsync(_place.Configuration(other), TimeProvider.System, CancellationToken.None);


    private static string Says(Doctor.Report report, string what)
    {
        var finding = report.Findings.Where(f => f.What == what).ShouldHaveSingleItem($"{what} of {string.Join("; ", report.Findings)}");
        finding.Ok.ShouldBeFalse(finding.Says);
        return finding.Says;
    }
}
