using System.Security.Cryptography;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Testing;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Core.Tests.Media;

/// <summary>Files outside of the database: what holds for rows holds there too.</summary>
public sealed class MediaStoreTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Open = "[complaint|water|normal|0|es] el agua";
    private static readonly byte[] Voice = [.. "OggS"u8, .. RandomNumberGenerator.GetBytes(600_000)];
    private static int _number = 600000;
    private readonly FilingChannel _channel = new();
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..], _folder = Directory.CreateTempSubdirectory("cea-media").FullName;
    private Pipeline _pipeline = null!;
    private Office _office = null!;
    private Officer _officer = null!;

    public async Task InitializeAsync()
    {
        _channel.Files["a"] = MediaFetched.Got(Voice);
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, new Dictionary<string, string?> { ["Channels:fil:Kind"] = "filing", ["Cea:MediaStore"] = _folder }, _channel);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("delete from media; delete from media_gone; delete from erasure");
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, true);
    }

    [Fact]
    public async Task A_file_lies_there_sealed_under_a_name_that_says_nothing_and_is_opened_as_ever()
    {
        var (item, file) = await KeptAsync();

        var there = Files().ShouldHaveSingleItem();
        Path.GetFileName(there).ShouldMatch("^[0-9a-f]{32}$");
        Path.GetFileName(there).ShouldNotContain(file.ToString("N"));
        var bytes = await File.ReadAllBytesAsync(there);
        (bytes.Length, bytes.AsSpan().IndexOf(Voice.AsSpan(1000, 16))).ShouldBe((Voice.Length + (3 * 28), -1));
        File.GetUnixFileMode(there).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await database.ScalarAsync<long>("select (select count(*) from media_chunk) + (select count(*) from media_gone)")).ShouldBe(0);
        (await ReadAsync(item, file)).ShouldBe(Voice);
    }

    [Fact]
    public async Task An_item_goes_into_a_circle_and_its_file_stays_as_it_is_sealed_to_the_circle()
    {
        var focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea", "check_first"]);
        var (item, file) = await KeptAsync();
        var before = await File.ReadAllBytesAsync(Files().Single());

        await _office.AskAsync(_officer, new DecideSensitivity(item, 2, "incident_report", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));

        (await File.ReadAllBytesAsync(Files().Single())).ShouldBe(before);
        (await database.ScalarAsync<bool>("select key_sealed is null and key_circles is not null from media where id = $1", file)).ShouldBeTrue();
        (await _office.RefusalAsync(_officer, new OpenMedia(item, file))).ShouldBe("media_not_found");
        (await (await _office.AskAsync(focal, new OpenMedia(item, file))).ReadAsync(CancellationToken.None)).ShouldBe(Voice);
    }

    [Fact]
    public async Task While_the_store_is_away_messages_come_in_files_wait_as_long_as_it_takes_and_nothing_is_fetched_in_vain()
    {
        Directory.Delete(_folder);
        var item = await SayAsync();
        await FetchAsync();
        (await database.ScalarAsync<string>("select state || ' ' || error || ' ' || attempt from media where item_id = $1", item)).ShouldBe("pending store_away 0");
        _channel.Fetches.ShouldBe(1);

        var fetching = Fetching();
        for (var minute = 0; minute < 30; minute++)
        {
            for (var round = 0; round < 3; round++)
                await fetching.RunAsync(CancellationToken.None);
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
        (await database.ScalarAsync<string>("select state from media where item_id = $1", item)).ShouldBe("pending");
        _channel.Fetches.ShouldBeInRange(25, 31);

        Directory.CreateDirectory(_folder);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await fetching.RunAsync(CancellationToken.None);
        (await database.ScalarAsync<string>("select state from media where item_id = $1", item)).ShouldBe("kept");
    }

    [Fact]
    public async Task Who_dies_between_writing_and_saying_so_leaves_nothing_there()
    {
        await SayAsync();
        await database.ExecuteAsync("create function stop() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$; create trigger stop before update on media for each row when (new.state = 'kept') execute function stop()");
        try
        {
            await Should.ThrowAsync<Npgsql.PostgresException>(() => FetchAsync());
        }
        finally
        {
            await database.ExecuteAsync("drop function stop() cascade");
        }
        Files().ShouldHaveSingleItem();

        _clock.Advance(TimeSpan.FromMinutes(30));
        await FetchAsync(); // the lease has ended: once more, and the first is not taken away yet
        Files().Length.ShouldBe(2);
        _clock.Advance(TimeSpan.FromMinutes(31));
        await FetchAsync();
        Files().ShouldHaveSingleItem();
        (await database.ScalarAsync<string>("select place from media")).ShouldBe(Path.GetFileName(Files().Single()));
    }

    [Theory]
    [InlineData("too old"), InlineData("erased")]
    public async Task What_is_too_old_or_erased_is_taken_away_there_though_the_store_was_away_then(string why)
    {
        var (item, file) = await KeptAsync();
        if (why == "erased")
            await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'confirmed' from item where id = $1", item);
        else
            await database.ExecuteAsync("update media set created_at = now() - interval '91 days'");
        await database.ExecuteAsync("update outbox set state = 'sent'");
        var aside = _folder + ".aside";
        Directory.Move(_folder, aside);

        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        await FetchAsync();

        (await _office.RefusalAsync(_officer, new OpenMedia(item, file))).ShouldBe("media_not_found");
        (await database.ScalarAsync<long>("select count(*) from media where key_sealed is not null or place is not null")).ShouldBe(0);
        Directory.Move(aside, _folder);
        Files().ShouldHaveSingleItem();
        _clock.Advance(TimeSpan.FromMinutes(11));
        await FetchAsync();
        Files().ShouldBeEmpty();
        (await database.ScalarAsync<long>("select count(*) from media_gone")).ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_is_lost_cut_or_out_of_reach_is_said_to_be_so()
    {
        var (item, file) = await KeptAsync();
        var there = Files().Single();
        await using (var cut = File.OpenWrite(there))
            cut.SetLength(cut.Length - 1);
        await Should.ThrowAsync<CryptographicException>(() => ReadAsync(item, file));
        File.Delete(there);
        (await Should.ThrowAsync<RuleException>(() => ReadAsync(item, file))).Code.ShouldBe("media_missing");
        Directory.Delete(_folder, true);
        (await Should.ThrowAsync<RuleException>(() => ReadAsync(item, file))).Code.ShouldBe("media_away");
    }

    private string[] Files() => Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);

    private async Task<byte[]> ReadAsync(Guid item, Guid file) => await (await _office.AskAsync(_officer, new OpenMedia(item, file))).ReadAsync(CancellationToken.None);

    private async Task<(Guid Item, Guid File)> KeptAsync()
    {
        var item = await SayAsync();
        await FetchAsync();
        return (item, await database.ScalarAsync<Guid>("select id from media where item_id = $1 and state = 'kept'", item));
    }

    private async Task<Guid> SayAsync()
    {
        var receipts = await _pipeline.Inbox.StoreAsync("fil",
            [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), From = new ContactAddress("tel", _from), Text = new PersonalText(Open), Media = [new ReceivedMedia("a", "audio/ogg", null, null)] }], "raw"u8.ToArray(), CancellationToken.None);
        await _pipeline.TriageAllAsync();
        return await database.ScalarAsync<Guid>("select item_id from message where id = $1", receipts[0].MessageId);
    }

    private MediaFetching Fetching() =>
        new(database.Databases, TestDatabase.Keys, _office.Get<IntakeBoard>(), _pipeline.Kinds, new VirusScan(new ConfigurationBuilder().Build()), [new FolderMediaStore(_folder)], [], _pipeline.WakeUp, _clock);

    private async Task FetchAsync()
    {
        _clock.Advance(TimeSpan.FromSeconds(5)); // what came in the meantime is due
        var fetching = Fetching();
        while (await fetching.RunAsync(CancellationToken.None) > 0)
        {
        }
    }
}
