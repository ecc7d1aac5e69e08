using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Host.Media;
using Cea.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Cea.Host.Tests.Media;

/// <summary>From the fetched recording to the marked transcript, with an engine that answers over HTTP and a real database.</summary>
public sealed class SpeechToTextTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Water = "[complaint|water|normal|0|es] el agua", Key = "key-of-the-engine";
    private static readonly byte[] Voice = [.. "OggS"u8, .. RandomNumberGenerator.GetBytes(600_000)];
    private static int _number = 50293000;
    private readonly FilingChannel _channel = new();
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private SpeechStandIn _engine = null!;
    private Pipeline _pipeline = null!;
    private Office _office = null!;
    private Officer _screener = null!, _officer = null!;

    public async Task InitializeAsync()
    {
        _engine = await SpeechStandIn.StartAsync();
        _engine.Text = Hours;
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, new Dictionary<string, string?> { ["Channels:fil:Kind"] = "filing" }, _channel);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("delete from media; delete from count_change; delete from circle_member; delete from circle");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _screener = await _office.HireAsync($"Zuleika{_run}", [Roles.Circle], ["check_first", "protection", "psea"]);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_recording_is_heard_and_what_the_machine_wrote_is_sealed_marked_and_codes_the_item()
    {
        var item = await RecordedAsync(stated: "es");
        var copy = await database.ScalarAsync<byte[]>("select key_sealed from transcription");
        TestDatabase.Keys.Open(copy, "media key").Length.ShouldBe(32);

        (await HearAsync()).ShouldBe(new TranscribingRound(1, null));

        var asked = _engine.Asked.ShouldHaveSingleItem();
        (asked.Path, asked.Authorization, asked.FileName, asked.FileType).ShouldBe(("/v1/audio/transcriptions", $"Bearer {Key}", "recording.ogg", "audio/ogg"));
        asked.File.ShouldBe(Voice);
        asked.Fields.OrderBy(f => f.Key).Select(f => $"{f.Key}={f.Value}").ShouldBe(["language=es", "model=base", "response_format=json"]);
        (await database.ScalarAsync<string>("select type || topics[1] || circle_id || checked || status from item where id = $1", item)).ShouldBe("suggestionopening_hours1falsenew"); // a person still looks first
        (await database.ScalarAsync<bool>("select text is null and sealed is not null and author_id is null and person_id is null and account_id is null and direction = 'in' from message where item_id = $1 and kind = 'machine_transcript'", item)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(0); // the copy of its key is gone
        (await database.ScalarAsync<string>("select after ->> 'type' from code_change where item_id = $1 and officer_id is null", item)).ShouldBe("suggestion");
        (await database.ScalarAsync<long>("select sum(n) from count_change where topic = 'opening_hours'")).ShouldBe(1);
        var heard = (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.Single(t => t.Kind == "machine_transcript");
        (heard.Text, heard.Author, heard.Of, heard.Replaced).ShouldBe((Hours, null, item, false));
        var row = (await _office.AskAsync(_screener, new ItemList(new ItemFilter { View = "check_first" }))).Rows.Single(r => r.Id == item);
        (row.Excerpt, row.HeardByMachine).ShouldBe((Hours, true));
        (await HearAsync()).ShouldBe(new TranscribingRound(0, null));
        _engine.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_says_no_language_is_heard_in_whichever_it_is()
    {
        await RecordedAsync(hint: "en");
        await HearAsync();
        _engine.Asked.Single().Fields.Keys.ShouldNotContain("language"); // of the telephone, not of the person
        await RecordedAsync(stated: "ar", withheld: true);
        await HearAsync();
        _engine.Asked.Last().Fields["language"].ShouldBe("ar");
    }

    [Fact]
    public async Task What_an_officer_types_takes_its_place_and_the_earlier_one_stays()
    {
        var item = await RecordedAsync();
        await HearAsync();
        await TypeAsync(item, Water);
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.Where(t => t.Of == item).Select(t => (t.Kind, t.Text, t.Replaced)).ShouldBe([("machine_transcript", Hours, true), ("transcript", Water, false)]);
        await PassAsync(item);
        var row = (await _office.AskAsync(_officer, new ItemList(new ItemFilter { View = "open", Query = "agua" }))).Rows.Single(r => r.Id == item);
        (row.Excerpt, row.HeardByMachine).ShouldBe((Water, false));
        (await _office.AskAsync(_officer, new ItemList(new ItemFilter { View = "open", Query = "temprano" }))).Rows.ShouldBeEmpty(); // nobody said so
    }

    [Fact]
    public async Task What_only_a_machine_has_heard_is_quoted_of_nobody()
    {
        var item = await RecordedAsync();
        await HearAsync();
        await PassAsync(item);
        await _office.AskAsync(_officer, new RecordConsent(item, "quote", "yes", Guid.CreateVersion7()));
        await _office.AskAsync(_officer, new RecordConsent(item, "share", "without_name", Guid.CreateVersion7()));
        var draft = await _office.AskAsync(_officer, new QuoteDraft(item));
        (draft.Refusal, draft.Proposal).ShouldBe((null, ""));
    }

    [Theory]
    [InlineData("nobody there", "network"), InlineData("401", "http_401"), InlineData("404", "http_404"), InlineData("429", "http_429"), InlineData("503", "http_503"), InlineData("redirects", "http_307"), InlineData("no JSON", "nonsense"), InlineData("no text", "nonsense"),
     InlineData("a number", "nonsense"), InlineData("half a character", "nonsense")]
    public async Task An_engine_that_is_away_costs_nothing_and_is_asked_again_while_the_officer_can_type(string trouble, string code)
    {
        var item = await RecordedAsync();
        var elsewhere = await SpeechStandIn.StartAsync();
        _engine.Answers = trouble switch
        {
            "redirects" => c => Says(() => c.Response.Redirect(elsewhere.Url, permanent: false, preserveMethod: true)),
            "no JSON" => c => c.Response.WriteAsync("<html>welcome</html>"),
            "no text" => c => c.Response.WriteAsync("{\"error\":null}"),
            "a number" => c => c.Response.WriteAsync("{\"text\":7}"),
            "half a character" => c => c.Response.WriteAsync("{\"text\":\"\\ud800\"}"),
            _ => c => Says(() => c.Response.StatusCode = int.TryParse(trouble, out var status) ? status : 200),
        };
        var machine = Machine(trouble == "nobody there" ? new SpeechServer(new Uri($"http://127.0.0.1:{HostProcess.FreePort()}"), "base", Key) : Server());
        var late = Machine();

        (await machine.RunAsync(CancellationToken.None)).ShouldBe(new TranscribingRound(0, code));
        (await machine.RunAsync(CancellationToken.None)).ShouldBe(new TranscribingRound(0, null)); // said once
        (await database.ScalarAsync<string>("select attempt || ' ' || round(extract(epoch from due_at - now()) / 60) from transcription")).ShouldBe("0 1");
        elsewhere.Asked.ShouldBeEmpty();
        await elsewhere.DisposeAsync();
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.ShouldNotContain(t => t.Of == item);

        _engine.Answers = null;
        (await HearAsync(late)).Heard.ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'machine_transcript'", item)).ShouldBe(1);

        static Task Says(Action answer)
        {
            answer();
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("too slow"), InlineData("500")]
    public async Task A_recording_at_which_it_breaks_is_tried_three_times(string trouble)
    {
        var item = await RecordedAsync();
        _engine.Answers = trouble == "500" ? c => { c.Response.StatusCode = 500; return Task.CompletedTask; } : c => Task.Delay(TimeSpan.FromSeconds(30), c.RequestAborted);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            (await HearAsync(Machine(Server(TimeSpan.FromMilliseconds(300))))).ShouldBe(new TranscribingRound(0, null));
            (await database.ScalarAsync<string>("select attempt || ' ' || round(extract(epoch from due_at - now()) / 60) from transcription")).ShouldBe($"{attempt} 10");
        }
        await HearAsync(Machine(Server(TimeSpan.FromMilliseconds(300))));
        await NothingIsKeptAsync(item);
    }

    [Theory]
    [InlineData("415"), InlineData("empty"), InlineData("blank"), InlineData("huge"), InlineData("endless")]
    public async Task What_it_does_not_take_or_says_nothing_of_stays_to_be_typed(string trouble)
    {
        var item = await RecordedAsync();
        _engine.Text = trouble switch { "blank" => " \n ", "huge" => new string('x', TypeTranscript.Longest + 1), _ => "" };
        if (trouble == "415")
            _engine.Answers = c => { c.Response.StatusCode = 415; return Task.CompletedTask; };
        if (trouble == "endless")
            _engine.Answers = async c => { for (var i = 0; i < 100; i++) await c.Response.WriteAsync(new string(' ', 50_000)); };
        (await HearAsync()).ShouldBe(new TranscribingRound(0, null));
        await NothingIsKeptAsync(item);
        await TypeAsync(item, Water);
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_sent_and_what_waited_is_destroyed()
    {
        await RecordedAsync(engine: false);
        (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(0);
        var item = await RecordedAsync();
        var none = new Transcribing(database.Databases, TestDatabase.Keys, new ScriptedReader(), [], [], _pipeline.WakeUp, TimeProvider.System);
        await none.RunAsync(CancellationToken.None);
        (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(1, "another Host may have one");
        await database.ExecuteAsync("update transcription set created_at = now() - interval '61 minutes'");
        await none.RunAsync(CancellationToken.None);
        await NothingIsKeptAsync(item);
        _engine.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[incident_report|sea_staff_abuse|high|2|es] pide favores", null), InlineData("[incident_report|violence_against_people|high|1|es] me pegan", null), InlineData("CONFIDENCIAL", null),
     InlineData("", "update item set confirmed_at = now()"), InlineData("", "update item set status = 'closed'"), InlineData("", "update item set sensitivity = 2"), InlineData("", "update transcription set created_at = now() - interval '25 hours'"),
     InlineData("", "update media set state = 'deleted'")]
    public async Task What_is_of_a_circle_of_class_2_decided_or_old_is_not_heard_by_a_machine(string caption, string? then)
    {
        await RecordedAsync(caption);
        if (then is not null)
        {
            (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(1);
            await database.ExecuteAsync(then);
        }
        await HearAsync();
        _engine.Asked.ShouldBeEmpty();
        (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(0);
    }

    [Fact]
    public async Task A_recording_that_says_more_than_its_words_takes_the_item_to_the_screeners_and_one_that_says_less_changes_no_class()
    {
        var item = await RecordedAsync(Water);
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", item)).ShouldBe((short)0);
        _engine.Text = "[complaint|sea_staff_abuse|high|2|es] me pide favores por una carpa";
        await HearAsync();
        (await database.ScalarAsync<string>("select circle_id || ' ' || sensitivity || ' ' || urgency || ' ' || checked from item where id = $1", item)).ShouldBe("1 2 high false");
        (await database.ScalarAsync<bool>("select bool_and(text is null and sealed is not null) from message where item_id = $1 and direction = 'in'", item)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select (select count(*) from open_search where item_id = $1) + (select count(*) from media where item_id = $1 and key_sealed is not null) + (select count(*) from transcription)", item)).ShouldBe(0);
        (await _office.RefusalAsync(_officer, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.Single(t => t.Kind == "machine_transcript").Text.ShouldBe(_engine.Text);

        var calm = await RecordedAsync("[complaint|water|high|0|es] el agua");
        _engine.Text = "[praise|water|critical|0|es] gracias por el agua";
        await HearAsync();
        (await database.ScalarAsync<string>("select circle_id || ' ' || urgency || ' ' || type from item where id = $1", calm)).ShouldBe("0 critical praise");
        (await database.ScalarAsync<string>("select text from open_search where item_id = $1", calm)).ShouldEndWith("gracias por el agua");
        _engine.Text = "[praise|water|low|0|es] gracias";
        var urgent = await RecordedAsync("[complaint|water|high|0|es] y otra vez");
        await HearAsync();
        (await database.ScalarAsync<string>("select urgency from item where id = $1", urgent)).ShouldBe("high");
    }

    [Fact]
    public async Task Whom_the_machine_heard_named_no_longer_sees_what_waits_for_its_check()
    {
        var named = await _office.HireAsync($"Bernardina{_run}", [Roles.Circle], ["check_first"]);
        var item = await RecordedAsync();
        (await _office.AskAsync(named, new ItemDetail(item))).Item.Id.ShouldBe(item);
        _engine.Text = $"[complaint|staff_attitude|normal|0|es] Bernardina{_run} me grita";
        await HearAsync();
        (await _office.RefusalAsync(named, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.ShouldContain(t => t.Text == _engine.Text);
        (await database.ScalarAsync<string>("select string_agg(step, ' ') from clock where item_id = $1 and met_at is null", item)).ShouldBe("check");
    }

    [Fact]
    public async Task Whom_the_words_beside_a_recording_name_does_not_see_what_the_recording_raises()
    {
        var named = await _office.HireAsync($"Bernardina{_run}", [Roles.Circle], ["check_first"]);
        var item = await RecordedAsync($"[complaint|water|normal|0|es] Bernardina{_run} reparte el agua");
        _engine.Text = "[incident_report|sea_staff_abuse|high|2|es] me pide favores";
        await HearAsync();
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", item)).ShouldBe((short)1);
        (await _office.RefusalAsync(named, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Item.Id.ShouldBe(item);
    }

    [Fact]
    public async Task In_the_list_stand_a_persons_own_words_before_what_a_machine_heard()
    {
        var item = await RecordedAsync("[complaint|water|normal|0|es] no hay agua");
        (await HearAsync()).Heard.ShouldBe(1);
        var row = (await _office.AskAsync(_officer, new ItemList(new ItemFilter { View = "open" }))).Rows.Single(r => r.Id == item);
        (row.Excerpt, row.HeardByMachine).ShouldBe(("[complaint|water|normal|0|es] no hay agua", false));
    }

    [Fact]
    public async Task A_recording_at_which_the_engine_breaks_costs_an_attempt_of_its_own()
    {
        await RecordedAsync();
        _engine.Answers = c =>
        {
            c.Abort();
            return Task.CompletedTask;
        };
        (await HearAsync()).ShouldBe(new TranscribingRound(0, null));
        (await database.ScalarAsync<int>("select attempt from transcription")).ShouldBe(1);
    }

    [Fact]
    public async Task An_engine_to_which_there_is_no_way_costs_no_attempt()
    {
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp); // takes no more connections: what asks for one hears nothing
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndPoint!);
        await RecordedAsync();
        (await Machine(new SpeechServer(new Uri($"http://{full.LocalEndPoint}"), "base", Key)).RunAsync(CancellationToken.None)).ShouldBe(new TranscribingRound(0, "network"));
        (await database.ScalarAsync<int>("select attempt from transcription")).ShouldBe(0);
    }

    [Theory]
    [InlineData("erased"), InlineData("typed"), InlineData("moved")]
    public async Task What_happens_while_the_machine_listens_stands(string what)
    {
        var item = await RecordedAsync();
        _engine.Answers = async c =>
        {
            if (what == "erased")
                await database.ExecuteAsync("delete from media where item_id = $1", item);
            else if (what == "typed")
                await TypeAsync(item, Water);
            else
                await _office.AskAsync(_screener, new DecideSensitivity(item, 2, "complaint", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));
            await c.Response.WriteAsJsonAsync(new { text = Hours });
        };
        (await HearAsync()).Heard.ShouldBe(0);
        _engine.Asked.Count.ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'machine_transcript'", item)).ShouldBe(0);
        await HearAsync();
        (await database.ScalarAsync<long>("select count(*) from transcription")).ShouldBe(0);
        _engine.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_Host_that_stops_leaves_the_recording_to_another_at_once()
    {
        await RecordedAsync();
        using var stops = new CancellationTokenSource();
        _engine.Answers = async c => { await stops.CancelAsync(); await Task.Delay(TimeSpan.FromSeconds(30), c.RequestAborted); };
        await Should.ThrowAsync<OperationCanceledException>(() => Machine().RunAsync(stops.Token));
        _engine.Answers = null;
        (await Machine().RunAsync(CancellationToken.None)).Heard.ShouldBe(1);
    }

    [Fact]
    public async Task Recordings_outside_of_the_database_are_heard_too_and_wait_while_their_store_is_away()
    {
        var folder = Directory.CreateTempSubdirectory("cea-heard").FullName;
        var item = await RecordedAsync(store: new FolderMediaStore(folder));
        (await Machine(store: new FolderMediaStore(folder + "-not-mounted")).RunAsync(CancellationToken.None)).Trouble.ShouldBe("store_away");
        (await HearAsync(Machine(store: new FolderMediaStore(folder)))).Heard.ShouldBe(1);
        _engine.Asked.Single().File.ShouldBe(Voice);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'machine_transcript'", item)).ShouldBe(1);
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData("http://8.8.8.8:8000"), InlineData("https://[2606:4700::1111]/v1"), InlineData("http://100.64.0.1:8000"), InlineData("http://169.254.1.1:8000"), InlineData("http://172.32.0.1"), InlineData("http://[::ffff:8.8.8.8]:8000")]
    public async Task An_engine_outside_of_the_deployment_is_refused_at_the_start_and_at_each_connection(string url)
    {
        var wrong = Should.Throw<SettingException>(() => Of(("Cea:SpeechToText:Url", url), ("Cea:SpeechToText:Model", "base")));
        wrong.Message.ShouldStartWith("Cea:SpeechToText:Url: ");
        wrong.Message.ShouldContain("recordings never leave the deployment");
        using var server = new SpeechServer(new Uri(url), "base", null);
        (await server.HearAsync(Voice, "audio/ogg", null, CancellationToken.None)).Match(_ => "heard", c => c, c => c, c => c).ShouldBe("outside");
    }

    [Theory]
    [InlineData("http://10.1.2.3:8000"), InlineData("http://192.168.0.9"), InlineData("http://172.31.9.9/speech/"), InlineData("http://[fd00::1]:8000"), InlineData("http://localhost:8000/v1"), InlineData("http://engine.invalid:8000")]
    public void An_engine_inside_is_taken_and_a_name_that_stands_for_nothing_yet(string url) => Of(("Cea:SpeechToText:Url", url), ("Cea:SpeechToText:Model", "base")).ShouldNotBeNull().Dispose();

    [Theory]
    [InlineData("Cea:SpeechToText:Url", "is missing", "Cea:SpeechToText:Model=base"), InlineData("Cea:SpeechToText:Url", "is missing", "Cea:SpeechToText:Key=k"), InlineData("Cea:SpeechToText:Model", "is missing", "Cea:SpeechToText:Url=http://127.0.0.1:8000"),
     InlineData("Cea:SpeechToText:Url", "must be the address", "Cea:SpeechToText:Url=127.0.0.1:8000"), InlineData("Cea:SpeechToText:Url", "must be the address", "Cea:SpeechToText:Url=http://127.0.0.1:8000/?a"),
     InlineData("Cea:SpeechToText:Key", "holds a character", "Cea:SpeechToText:Url=http://127.0.0.1:8000", "Cea:SpeechToText:Model=base", "Cea:SpeechToText:Key=two words")]
    public void A_wrong_setting_is_named_in_one_line(string named, string says, params string[] settings)
    {
        var wrong = Should.Throw<SettingException>(() => Of([.. settings.Select(s => (s.Split('=')[0], s.Split('=')[1]))]));
        wrong.Message.ShouldSatisfyAllConditions(m => m.ShouldStartWith(named + ": "), m => m.ShouldContain(says), m => m.ShouldNotContain("\n"), m => m.ShouldNotContain("two words"));
    }

    [Fact]
    public void Without_a_setting_there_is_no_engine() => Of().ShouldBeNull();

    private static SpeechServer? Of(params (string Name, string Value)[] settings) => SpeechToText.Of(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build());

    private SpeechServer Server(TimeSpan? limit = null) => new(new Uri(_engine.Url + "/v1"), "base", Key) { Limit = limit ?? TimeSpan.FromSeconds(30) };

    private Transcribing Machine(SpeechServer? server = null, IMediaStore? store = null) =>
        new(database.Databases, TestDatabase.Keys, new ScriptedReader(), [server ?? Server()], store is null ? [] : [store], _pipeline.WakeUp, TimeProvider.System);

    private async Task<TranscribingRound> HearAsync(Transcribing? machine = null)
    {
        await database.ExecuteAsync("update transcription set due_at = now() - interval '1 second'");
        return await (machine ?? Machine()).RunAsync(CancellationToken.None);
    }

    // One voice note, fetched and kept; its item.
    private async Task<Guid> RecordedAsync(string caption = "", string? stated = null, string? hint = null, bool withheld = false, bool engine = true, IMediaStore? store = null)
    {
        await database.ExecuteAsync("delete from media");
        _channel.Files["voice"] = MediaFetched.Got(Voice);
        var receipts = await _pipeline.Inbox.StoreAsync("fil", [new MessageReceived
        {
            ExternalId = Guid.CreateVersion7().ToString(), From = withheld ? null : new ContactAddress("tel", $"+{Interlocked.Increment(ref _number)}"), Text = new PersonalText(caption), StatedLanguage = stated, LanguageHint = hint,
            Media = [new ReceivedMedia("voice", "audio/ogg", null, "voice")],
        }], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
        var fetching = new MediaFetching(database.Databases, TestDatabase.Keys, _office.Get<IntakeBoard>(), _pipeline.Kinds, new VirusScan(new ConfigurationBuilder().Build()), store is null ? [] : [store], engine ? [Server()] : [], _pipeline.WakeUp, TimeProvider.System);
        while (await fetching.RunAsync(CancellationToken.None) > 0)
        {
        }
        var item = await database.ScalarAsync<Guid>("select item_id from message where id = $1", receipts[0].MessageId);
        (await database.ScalarAsync<string>("select state from media where item_id = $1", item)).ShouldBe("kept");
        return item;
    }

    private async Task NothingIsKeptAsync(Guid item)
    {
        (await database.ScalarAsync<long>("select (select count(*) from transcription) + (select count(*) from message where item_id = $1 and kind = 'machine_transcript')", item)).ShouldBe(0);
        (await database.ScalarAsync<string>("select state from media where item_id = $1", item)).ShouldBe("kept");
    }

    private Task<Guid> TypeAsync(Guid item, string text) => _office.AskAsync(_screener, new TypeTranscript(item, item, new PersonalText(text), Guid.CreateVersion7()));

    private Task<bool> PassAsync(Guid item) => _office.AskAsync(_screener, new DecideSensitivity(item, 0, "suggestion", ["opening_hours"], "normal", [], "about hours", Guid.CreateVersion7()));
}
