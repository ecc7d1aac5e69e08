using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Testing;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Core.Tests.Media;

public sealed class MediaFetchingTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Open = "[complaint|water|normal|0|es] el agua", Restricted = "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores";
    private static readonly Dictionary<string, string?> Settings = new() { ["Channels:fil:Kind"] = "filing" };
    private static readonly byte[] Voice = [.. "OggS"u8, .. RandomNumberGenerator.GetBytes(600_000)];
    private static int _number = 500000;
    private readonly FilingChannel _channel = new();
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Office _office = null!;
    private Officer _officer = null!, _focal = null!, _second = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, Settings, _channel);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("delete from media; delete from erasure; delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        _focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea", "check_first"]);
        _second = await _office.HireAsync($"second-{_run}", [Roles.Circle], ["protection"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_is_not_there_yet_is_pending_beside_the_text_and_kept_when_it_comes()
    {
        var item = await SayAsync(Open, new ReceivedMedia("a", "audio/ogg", null, null));
        await FetchAsync();
        var entry = await EntryAsync(_officer, item);
        (entry.Text, entry.Files.Single().State).ShouldBe((Open, "pending"));
        (await Later()).ShouldBeInRange(0, 2);

        _channel.Files["a"] = MediaFetched.Got(Voice);
        await FetchAsync();

        var file = (await EntryAsync(_officer, item)).Files.Single();
        (file.State, file.ContentType, file.Bytes).ShouldBe(("kept", "audio/ogg", Voice.Length));
        var opened = await _office.AskAsync(_officer, new OpenMedia(item, file.Id));
        (await opened.ReadAsync(CancellationToken.None)).ShouldBe(Voice);
        opened.FileName.ShouldEndWith("-1.ogg");
        (await database.ScalarAsync<long>("select count(*) from media_chunk where media_id = $1", file.Id)).ShouldBe(3);
        (await database.ScalarAsync<byte[]>("select sha256 from media where id = $1", file.Id)).ShouldBe(SHA256.HashData(Voice));
        (await database.ScalarAsync<bool>("select reference is null from media where id = $1", file.Id)).ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_tried_with_growing_pauses_given_up_and_tried_again_when_somebody_asks()
    {
        var item = await SayAsync(Open, new ReceivedMedia("never there", null, null, "photo"));
        for (var i = 0; i < 12; i++)
            await FetchAsync();
        var file = (await EntryAsync(_officer, item)).Files.Single();
        file.State.ShouldBe("failed");
        _channel.Fetches.ShouldBe(9);
        (await _office.RefusalAsync(_focal, new RetryMedia(Guid.CreateVersion7(), file.Id, Guid.CreateVersion7()))).ShouldBe("media_not_found");

        _channel.Files["never there"] = MediaFetched.Got(SamplePhoto.Jpeg());
        await _office.AskAsync(_officer, new RetryMedia(item, file.Id, Guid.CreateVersion7()));
        await FetchAsync();
        (await EntryAsync(_officer, item)).Files.Single().ContentType.ShouldBe("image/jpeg");
    }

    [Fact]
    public async Task A_photos_place_is_gone_before_it_is_kept()
    {
        _channel.Files["photo"] = MediaFetched.Got(SamplePhoto.Jpeg());
        var item = await SayAsync(Open, new ReceivedMedia("photo", "image/jpeg", null, null));
        await FetchAsync();
        var opened = await ReadAsync(_officer, item, (await EntryAsync(_officer, item)).Files.Single().Id);
        opened.AsSpan().IndexOf("GPS"u8).ShouldBe(-1);
    }

    [Theory]
    [InlineData("<html><script>alert(1)</script>", "image/jpeg")]
    [InlineData("MZ not a voice note", "audio/ogg")]
    [InlineData("PK\u0003\u0004", "application/pdf")]
    public async Task What_it_is_counts_and_not_what_it_is_called(string content, string called)
    {
        _channel.Files["x"] = MediaFetched.Got(Encoding.UTF8.GetBytes(content));
        var item = await SayAsync(Open, new ReceivedMedia("x", called, null, null));
        await FetchAsync();
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("not_allowed");
        (await database.ScalarAsync<long>("select count(*) from media_chunk")).ShouldBe(0);
    }

    [Fact]
    public async Task A_file_of_a_restricted_item_is_sealed_to_its_circle()
    {
        _channel.Files["r"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Restricted, new ReceivedMedia("r", "audio/ogg", null, null));
        await FetchAsync();

        var file = (await EntryAsync(_focal, item)).Files.Single();
        (await database.ScalarAsync<bool>("select key_sealed is null and key_circles is not null from media where id = $1", file.Id)).ShouldBeTrue();
        (await ReadAsync(_focal, item, file.Id)).ShouldBe(Voice);
        foreach (var other in new[] { _officer, _second })
            (await _office.RefusalAsync(other, new OpenMedia(item, file.Id))).ShouldBe("media_not_found");
        (await _office.RefusalAsync(_focal with { PrivateKey = [] }, new OpenMedia(item, file.Id))).ShouldBe("sealed_to_others");
        (await EntryAsync(_focal with { PrivateKey = [] }, item)).Files.Single().SealedToOthers.ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_goes_with_its_item_into_a_circle_and_out_again()
    {
        _channel.Files["m"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("m", "audio/ogg", null, null), new ReceivedMedia("late", "audio/ogg", null, null));
        await FetchAsync();
        var files = (await EntryAsync(_officer, item)).Files;

        await _office.AskAsync(_officer, new DecideSensitivity(item, 2, "incident_report", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));
        (await _office.RefusalAsync(_officer, new OpenMedia(item, files[0].Id))).ShouldBe("media_not_found");
        (await database.ScalarAsync<long>("select count(*) from media m join item i on i.id = m.item_id where i.id = $1 and m.audience_id = i.audience_id and m.audience_id <> 1", item)).ShouldBe(2);
        (await ReadAsync(_focal, item, files[0].Id)).ShouldBe(Voice);

        _channel.Files["late"] = MediaFetched.Got(Voice);
        await FetchAsync();
        (await database.ScalarAsync<long>("select count(*) from media where item_id = $1 and key_circles is not null", item)).ShouldBe(2);

        await _office.AskAsync(_focal, new DecideSensitivity(item, 0, "complaint", ["water"], "normal", [], "about water", Guid.CreateVersion7()));
        foreach (var file in files)
            (await ReadAsync(_officer, item, file.Id)).ShouldBe(Voice);
    }

    [Fact]
    public async Task Of_a_child_on_a_general_matter_nothing_is_kept()
    {
        _channel.Files["c"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("c", "audio/ogg", null, null));
        await database.ExecuteAsync("update item set minor = true where id = $1", item);
        await FetchAsync();
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("not_kept");
        _channel.Fetches.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_too_large_for_the_line_is_noted_never_fetched_and_the_person_is_told()
    {
        var item = await SayAsync(Open, new ReceivedMedia("big", "video/mp4", 21_000_000, "video") { Limit = 20_000_000 });
        await FetchAsync();
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("too_large");
        _channel.Fetches.ShouldBe(0);
        (await database.ScalarAsync<string>("select text from message where item_id = $1 and kind = 'word'", item)).ShouldContain("20 MB");
    }

    [Fact]
    public async Task A_file_whose_size_shows_only_when_it_is_fetched_is_noted_and_the_person_is_told_once_for_a_message()
    {
        (_channel.Files["one"], _channel.Files["two"]) = (MediaFetched.TooLarge(), MediaFetched.TooLarge());
        var item = await SayAsync(Open, new ReceivedMedia("one", null, null, "video"), new ReceivedMedia("two", null, null, "video"));
        await FetchAsync();
        (await EntryAsync(_officer, item)).Files.Select(f => f.State).ShouldBe(["too_large", "too_large"]);
        (await database.ScalarAsync<string>("select string_agg(m.text || o.state || o.lane, '') from message m join outbox o on o.message_id = m.id where m.item_id = $1 and m.kind = 'word'", item)).ShouldSatisfyAllConditions(t => t.ShouldContain("20 MB"), t => t.ShouldEndWith("due1"));
        (await database.ScalarAsync<string>("select lang from message where item_id = $1 and kind = 'word'", item)).ShouldBe("es");
    }

    [Fact]
    public async Task Of_a_file_that_was_too_large_nothing_is_said_to_who_stopped_or_has_heard_enough()
    {
        _channel.Files["stopped"] = _channel.Files["enough"] = MediaFetched.TooLarge();
        var item = await SayAsync(Open, new ReceivedMedia("stopped", null, null, "video"));
        await database.ExecuteAsync("insert into opt_out (hash, account_id, at) values ($1, 'fil', now())", TestDatabase.Keys.Hash("tel", _from));
        await FetchAsync();
        await database.ExecuteAsync("delete from opt_out");
        await SayAsync(Open, new ReceivedMedia("enough", null, null, "video"));
        await database.ExecuteAsync("""
            insert into outbox (id, audience_id, person_id, account_id, lane, purpose, body, segments, unicode, state, due_at, created_at)
            select gen_random_uuid(), 1, person_id, 'fil', 1, 'word', ''::bytea, 1, false, 'sent', now(), now() from item, generate_series(1, $2) where id = $1
            """, item, Triage.MostAutomatic);
        await FetchAsync();
        (await database.ScalarAsync<long>("select count(*) from media where item_id = $1 and state = 'too_large'", item)).ShouldBe(2);
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'word'", item)).ShouldBe(0);
    }

    [Fact]
    public async Task A_scanner_is_asked_where_one_is_set_and_nothing_is_kept_without_its_word()
    {
        _channel.Files["v"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("v", "audio/ogg", null, null));
        using var scanner = new TcpListener(IPAddress.Loopback, 0);
        scanner.Start();
        var address = $"127.0.0.1:{((IPEndPoint)scanner.LocalEndpoint).Port}";
        var asked = AnswerAsync(scanner, "stream: Win.Test.EICAR_HDB-1 FOUND\0");
        await FetchAsync(address);
        (await asked).ShouldBe(Voice);
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("infected");

        await database.ExecuteAsync("update media set state = 'pending', attempt = 0, reference = $1", TestDatabase.Keys.Seal("v", "media reference"));
        asked = AnswerAsync(scanner, "stream: OK\0");
        await FetchAsync(address);
        await asked;
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("kept");
        scanner.Stop();

        item = await SayAsync(Open, new ReceivedMedia("v", "audio/ogg", null, null));
        await FetchAsync(address);
        (await database.ScalarAsync<string>("select state || ' ' || error from media m where m.message_id = (select max(id::text)::uuid from message where item_id = $1 and direction = 'in')", item)).ShouldBe("pending scanner_away");
    }

    [Fact]
    public async Task After_90_days_the_file_is_gone_and_the_page_says_so_unless_somebody_holds_it()
    {
        _channel.Files["o"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("o", "audio/ogg", null, null));
        await FetchAsync();
        await database.ExecuteAsync("update media set created_at = now() - interval '91 days'");
        await database.ExecuteAsync("insert into hold (person_id, reason, review_at) select person_id, 'investigation_open', now() from item where id = $1", item);
        var retention = new Retention(database.Databases, TimeProvider.System);
        await retention.RunAsync(CancellationToken.None);
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("kept");

        await database.ExecuteAsync("delete from hold");
        (await retention.RunAsync(CancellationToken.None)).Files.ShouldBe(1);
        (await EntryAsync(_officer, item)).Files.Single().State.ShouldBe("deleted");
        (await database.ScalarAsync<long>("select count(*) from media_chunk")).ShouldBe(0);
    }

    [Fact]
    public async Task Erasure_takes_the_files_too()
    {
        _channel.Files["e"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("e", "audio/ogg", null, null), new ReceivedMedia("pending", null, null, null));
        await FetchAsync();
        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'confirmed' from item where id = $1", item);
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        (await database.ScalarAsync<long>("select (select count(*) from media where item_id = $1) + (select count(*) from media_chunk)", item)).ShouldBe(0);
    }

    [Fact]
    public async Task A_chunk_that_was_exchanged_or_left_out_is_noticed()
    {
        _channel.Files["t"] = MediaFetched.Got(Voice);
        var item = await SayAsync(Open, new ReceivedMedia("t", "audio/ogg", null, null));
        await FetchAsync();
        var file = (await EntryAsync(_officer, item)).Files.Single().Id;
        await database.ExecuteAsync("update media_chunk set n = n + 10 where media_id = $1", file);
        await database.ExecuteAsync("update media_chunk set n = case n when 10 then 1 when 11 then 0 else 2 end where media_id = $1", file);
        await Should.ThrowAsync<CryptographicException>(() => ReadAsync(_officer, item, file));
        await database.ExecuteAsync("update media_chunk set n = n + 10 where media_id = $1", file);
        await database.ExecuteAsync("update media_chunk set n = case n when 10 then 1 when 11 then 0 else 2 end where media_id = $1", file);
        (await ReadAsync(_officer, item, file)).ShouldBe(Voice);
        await database.ExecuteAsync("delete from media_chunk where media_id = $1 and n = 2", file);
        await Should.ThrowAsync<CryptographicException>(() => ReadAsync(_officer, item, file));
    }

    private async Task<byte[]> ReadAsync(Officer officer, Guid item, Guid file) => await (await _office.AskAsync(officer, new OpenMedia(item, file))).ReadAsync(CancellationToken.None);

    private async Task<Guid> SayAsync(string text, params ReceivedMedia[] media)
    {
        var receipts = await _pipeline.Inbox.StoreAsync("fil",
            [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), From = new ContactAddress("tel", _from), Text = new PersonalText(text), Media = media }], "raw"u8.ToArray(), CancellationToken.None);
        await _pipeline.TriageAllAsync();
        return await database.ScalarAsync<Guid>("select item_id from message where id = $1", receipts[0].MessageId);
    }

    private async Task FetchAsync(string? scanner = null)
    {
        await database.ExecuteAsync("update media set due_at = now() - interval '1 second' where state = 'pending'");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Cea:ClamAv"] = scanner }).Build();
        var fetching = new MediaFetching(database.Databases, TestDatabase.Keys, _office.Get<IntakeBoard>(), _pipeline.Kinds, new VirusScan(configuration), [], [], _pipeline.WakeUp, TimeProvider.System);
        while (await fetching.RunAsync(CancellationToken.None) > 0)
        {
        }
    }

    private Task<double> Later() => database.ScalarAsync<double>("select extract(epoch from due_at - now())::float8 from media");

    private async Task<TimelineEntry> EntryAsync(Officer officer, Guid item) => (await _office.AskAsync(officer, new ItemDetail(item))).Timeline.Last(t => t.Detail == "in");

    private static async Task<byte[]> AnswerAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        var command = new byte[10];
        await stream.ReadExactlyAsync(command);
        command.ShouldBe("zINSTREAM\0"u8.ToArray());
        var file = new List<byte>();
        while (true)
        {
            var length = new byte[4];
            await stream.ReadExactlyAsync(length);
            var piece = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(length)];
            if (piece.Length == 0)
                break;
            await stream.ReadExactlyAsync(piece);
            file.AddRange(piece);
        }
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        return [.. file];
    }
}
