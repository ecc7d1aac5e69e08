using System.Security.Cryptography;
using Cea.Feedback.Media;
using Cea.Host.Media;
using Cea.Testing;
using Microsoft.Extensions.Configuration;

namespace Cea.Host.Tests.Media;

/// <summary>Against a server that is not ours, over HTTP. It knows the access key, and works out no signature of version 4: that part is AWS's own.</summary>
public sealed class S3MediaStoreTests(S3Server server) : IClassFixture<S3Server>
{
    [Theory]
    [InlineData("/cea"), InlineData(""), InlineData("/one/two/")]
    public async Task What_was_written_comes_back_until_it_is_deleted(string prefix)
    {
        var store = Store(server.Settings(prefix));
        var (name, content) = (IMediaStore.NewName(), RandomNumberGenerator.GetBytes(5_500_000));
        var before = server.Objects().Length;

        await store.WriteAsync(name, content, CancellationToken.None);

        server.Objects().Length.ShouldBe(before + 1);
        server.Objects().ShouldContain(o => o.EndsWith($"{prefix.TrimEnd('/')}/{IMediaStore.PathOf(name)}._S3rver_object", StringComparison.Ordinal));
        (await store.ReadAsync(name, CancellationToken.None)).ShouldBe(content);
        await store.DeleteAsync(name, CancellationToken.None);
        (await store.ReadAsync(name, CancellationToken.None)).ShouldBeNull();
        await store.DeleteAsync(name, CancellationToken.None); // twice does no harm
        server.Objects().Length.ShouldBe(before);
        (await store.WarningAsync(CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task The_names_that_AWS_uses_do_as_well()
    {
        var store = Store(("Cea:MediaStore", $"s3://{S3Server.Bucket}"), ("AWS_ENDPOINT_URL_S3", server.Url), ("AWS_REGION", "eu-west-1"), ("Cea:S3:AccessKey", S3Server.Keys), ("Cea:S3:SecretKey", S3Server.Keys));
        var name = IMediaStore.NewName();
        await store.WriteAsync(name, new byte[] { 1, 2, 3 }, CancellationToken.None);
        (await store.ReadAsync(name, CancellationToken.None)).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task What_it_refuses_is_said_in_plain_words_without_a_key()
    {
        foreach (var (setting, value, says) in new[]
        {
            ("Cea:S3:AccessKey", "nobody", "the keys are wrong"), ("Cea:MediaStore", "s3://no-such-bucket", "there is no such bucket"),
            ("Cea:S3:Endpoint", $"http://127.0.0.1:{HostProcess.FreePort()}", "does not answer"),
        })
        {
            var store = Store([.. server.Settings().Where(s => s.Item1 != setting), (setting, value)]);
            var name = IMediaStore.NewName();
            foreach (var act in new Func<Task>[] { () => store.WriteAsync(name, new byte[10], CancellationToken.None), () => store.DeleteAsync(name, CancellationToken.None), () => store.ReadAsync(name, CancellationToken.None) })
            {
                var refused = await Should.ThrowAsync<IOException>(act, $"{setting}");
                refused.Message.ShouldContain(says);
                refused.Message.ShouldNotContain(S3Server.Keys);
            }
        }
    }

    [Theory]
    [InlineData("media", "Cea:MediaStore", "full path of a folder"), InlineData("s3://", "Cea:MediaStore", "names no bucket"), InlineData("s3://Bad_Bucket/x", "Cea:MediaStore", "names no bucket")]
    [InlineData("s3://bucket", "Cea:S3:Region", "is missing"), InlineData("s3://bucket", "Cea:S3:Endpoint", "must be the address", "Cea:S3:Endpoint=ftp://x"), InlineData("s3://bucket", "Cea:S3:SecretKey", "both keys", "AWS_REGION=eu-west-1", "Cea:S3:AccessKey=a")]
    [InlineData("/data/media", "Cea:MediaStore", "must not lie in the data directory", "Cea:DataDirectory=/data")]
    public void A_wrong_setting_is_named(string store, string named, string says, params string[] more)
    {
        var wrong = Should.Throw<SettingException>(() => Store([("Cea:MediaStore", store), .. more.Select(m => (m.Split('=')[0], (string?)m.Split('=')[1]))]));
        wrong.Message.ShouldStartWith(named + ":");
        wrong.Message.ShouldContain(says);
    }

    [Fact]
    public void Without_the_setting_files_stay_in_the_database() => MediaStores.Of(new ConfigurationBuilder().Build(), Settings.Read(new ConfigurationBuilder().Build())).ShouldBeNull();

    [Fact]
    public async Task A_running_host_takes_away_there_what_no_row_holds_and_the_doctor_tells_how_it_is()
    {
        await using var place = await OperatorsPlace.OpenAsync();
        var environment = place.Environment.Concat(server.Settings("/host").Select(s => KeyValuePair.Create(s.Item1.Replace(":", "__", StringComparison.Ordinal), s.Item2!))).ToDictionary();
        var store = Store(server.Settings("/host"));
        var (kept, gone) = (IMediaStore.NewName(), IMediaStore.NewName());
        await store.WriteAsync(kept, new byte[100], CancellationToken.None);
        await store.WriteAsync(gone, new byte[100], CancellationToken.None);
        await using (var pipeline = new Pipeline(place.Database))
        {
            await pipeline.SetUpAsync();
            await pipeline.SayAsync("+50255519876", "[complaint|water|normal|0|en] the queue is long");
        }
        await place.Database.ExecuteAsync("insert into media (id, message_id, audience_id, account_id, position, state, due_at, key_sealed, created_at, place) select gen_random_uuid(), id, 1, 'line', n, 'kept', now(), $1, now(), case n when 0 then $2 else $3 end from message, generate_series(0, 1) n where direction = 'in'", TestDatabase.Keys.Seal("key", "media key"), kept, gone);
        await place.Database.ExecuteAsync("delete from media where position = 1");

        await using (var host = await HostProcess.ServeAsync(environment, place.Folder, HostProcess.FreePort(), "--roles", "worker"))
        {
            for (var tries = 0; await store.ReadAsync(gone, CancellationToken.None) is not null; tries++)
            {
                tries.ShouldBeLessThan(100, host.Output);
                await Task.Delay(100);
            }
        }
        (await store.ReadAsync(kept, CancellationToken.None)).ShouldNotBeNull();

        (await place.CeaAsync("doctor")).Output.ShouldContain("BAD  files: 1 files lie in a media store, but Cea:MediaStore is not set");
        (await HostProcess.CommandAsync(environment, "doctor")).Output.ShouldContain($"ok   files: 1 in the bucket s3://{S3Server.Bucket}/host at {server.Url}; `cea backup` does not take them along");
        (await HostProcess.CommandAsync(environment, "backup", place.PathOf("kept"))).Output.ShouldContain($"1 files are not in it: they lie, sealed, in the bucket s3://{S3Server.Bucket}/host");
        environment["Cea__S3__AccessKey"] = "nobody";
        (await HostProcess.CommandAsync(environment, "doctor")).Output.ShouldContain("the keys are wrong. 0 files wait until it is back; messages come in as ever");
        environment["Cea__MediaStore"] = "somewhere";
        var (code, said) = await HostProcess.CommandAsync(environment, "serve", "--urls", $"http://127.0.0.1:{HostProcess.FreePort()}");
        (code, said.Contains("Cea:MediaStore: is the full path of a folder", StringComparison.Ordinal)).ShouldBe((1, true), said);
    }

    private static IMediaStore Store(params (string Name, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => s.Value)).Build();
        return MediaStores.Of(configuration, Settings.Read(configuration))!;
    }
}
