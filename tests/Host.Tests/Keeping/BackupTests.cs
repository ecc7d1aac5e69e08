using System.Text;
using System.Text.Json.Nodes;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Host.Keeping;
using Cea.Testing;
using Npgsql;

namespace Cea.Host.Tests.Keeping;

public sealed class BackupTests : IAsyncLifetime
{
    private const string Number = "+50255519876", Open = "the queue is long at the blue gate", Restricted = "a man who hands out tents wants a favour";
    private OperatorsPlace _place = null!;
    private Officer _focal = null!;

    private string Kept => _place.PathOf("kept");

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var office = new Office(_place.Database);
        _focal = await office.HireAsync("ines", [Roles.Circle], ["psea"]);
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await pipeline.SayAsync(Number, $"[complaint|water|normal|0|en] {Open}", id: "provider-id-7781");
        await pipeline.SayAsync("+50255519877", $"[complaint|sea_staff_abuse|high|2|en] {Restricted}");
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task Everything_comes_back_the_same_and_a_focal_point_still_reads_what_was_sealed()
    {
        (await _place.CeaAsync("backup", Kept)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output), r => r.Output.ShouldContain("restored into a throwaway database and compared"));
        (await _place.OtherDatabasesAsync()).ShouldBeEmpty(); // the throwaway one is gone
        var before = await _place.ContentAsync();
        await _place.Database.ExecuteAsync("update message set text = 'gone'; delete from address");

        (await _place.CeaAsync("restore", Kept)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output), r => r.Output.ShouldContain("rows restored as of"));

        (await _place.ContentAsync()).ShouldBe(before);
        (await _place.OtherDatabasesAsync()).ShouldHaveSingleItem().ShouldStartWith("_before_restore_");
        (await ReadAsync()).ShouldContain(t => t != null && t.Contains(Restricted, StringComparison.Ordinal));
        (await _place.CeaAsync("apikey", "add", "next", "--scope", "read")).Code.ShouldBe(0); // new rows find free numbers
    }

    [Fact]
    public async Task A_backup_holds_no_key_no_number_and_nothing_that_was_sealed()
    {
        await WriteAsync();
        var all = OperatorsPlace.Unpacked(Kept);
        all.ShouldContain(Open); // the search can find

        var file = JsonNode.Parse(TestDatabase.Keys.Export())!;
        foreach (var key in file["seal"]!.AsArray().Append(file["hash"]).Select(k => (string)k!))
        {
            all.ShouldNotContain(key);
            all.ShouldNotContain(Encoding.Latin1.GetString(Convert.FromBase64String(key)), Case.Sensitive);
        }
        foreach (var hidden in new[] { Number, Number[4..], "provider-id-7781", Restricted, "hands out tents" })
            all.ShouldNotContain(hidden, Case.Sensitive);
    }

    [Fact]
    public async Task What_is_no_whole_backup_of_this_deployment_is_refused_and_changes_nothing()
    {
        await WriteAsync();
        var before = await _place.ContentAsync();
        var deployment = await _place.DeploymentAsync();
        foreach (var (damage, says) in new[]
        {
            ("cut", "message in * is damaged"), ("missing", "message in * is damaged"), ("half", "is damaged, or no manifest of a backup of ours"), ("other", "is damaged, or no manifest of a backup of ours"),
            ("table", "has a table that this build does not know"), ("column", "has a table that this build does not know"), ("newer", "is of a newer build (9999_later)"),
            ("keys", "is of another deployment, or Cea:Keys are not its keys"), ("rotated", "is sealed with an older key (00000000)"), ("nothing", "holds no backup"),
        })
        {
            var copy = Directory.CreateDirectory(_place.PathOf(damage)).FullName;
            foreach (var file in Directory.EnumerateFiles(Kept))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            Damage(copy, damage);
            var refused = await Should.ThrowAsync<InvalidOperationException>(() => new Restore(deployment).RunAsync(copy, null, _ => { }, CancellationToken.None), damage);
            refused.Message.Replace(copy, "*", StringComparison.Ordinal).ShouldContain(says);
            refused.Message.ShouldNotContain("\n");
        }
        (await _place.ContentAsync()).ShouldBe(before);
        (await _place.OtherDatabasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_is_one_line_and_exit_code_1()
    {
        Directory.CreateDirectory(Kept);
        await File.WriteAllTextAsync(Path.Combine(Kept, "manifest.json"), "{ \"at\": ");
        var (code, output) = await _place.CeaAsync("restore", Kept);
        code.ShouldBe(1);
        output.Trim().ShouldBe($"{Kept}/manifest.json is damaged, or no manifest of a backup of ours");
    }

    [Theory]
    [InlineData("the present database"), InlineData("the file beside it"), InlineData("while the backup was written")]
    public async Task What_was_erased_since_is_erased_again_by_the_restore(string known)
    {
        if (known == "while the backup was written")
        {
            var first = true;
            await WriteAsync(_ =>
            {
                if (first)
                    EraseAsync().GetAwaiter().GetResult();
                first = false;
            });
        }
        else
        {
            await WriteAsync();
            await EraseAsync();
        }
        OperatorsPlace.Unpacked(Kept).ShouldContain(Open);
        if (known == "the file beside it")
        {
            await ErasureLog.AppendAsync(_place.PathOf("data.erasures"), _place.Database.Databases, CancellationToken.None);
            await _place.Database.ExecuteAsync("delete from erasure");
        }

        var result = await new Restore(await _place.DeploymentAsync()).RunAsync(Kept, null, _ => { }, CancellationToken.None);

        result.Erasures.ShouldBe(1);
        NpgsqlConnection.ClearAllPools();
        (await _place.Database.ScalarAsync<long>("select count(*) from message where text like '%blue gate%'")).ShouldBe(0);
        (await _place.Database.ScalarAsync<long>("select count(*) from address where hash = $1", TestDatabase.Keys.Hash("tel", Number))).ShouldBe(0);
        (await _place.Database.ScalarAsync<long>("select count(*) from address")).ShouldBe(1); // the other one's
    }

    [Fact]
    public async Task Files_outside_that_only_the_present_database_knows_are_taken_away_when_it_is_surely_gone()
    {
        const string file = "insert into media (id, message_id, audience_id, account_id, position, state, due_at, key_sealed, created_at, place) select gen_random_uuid(), id, 1, 'line', $1, 'kept', now(), '', now(), $2 from message where text is not null and direction = 'in'";
        var (before, since, erased) = (new string('a', 32), new string('b', 32), new string('c', 32));
        await _place.Database.ExecuteAsync(file, (short)0, before);
        await WriteAsync();
        await _place.Database.ExecuteAsync(file, (short)1, since);
        await _place.Database.ExecuteAsync("insert into media_gone values ($1, now())", erased);

        await new Restore(await _place.DeploymentAsync()).RunAsync(Kept, null, _ => { }, CancellationToken.None);

        NpgsqlConnection.ClearAllPools();
        (await _place.Database.ScalarAsync<string>("select string_agg(place, ', ') from media")).ShouldBe(before);
        (await _place.Database.ScalarAsync<string>("select string_agg(place, ', ' order by place) from media_gone where due_at > now() + interval '29 days'")).ShouldBe($"{since}, {erased}");
    }

    [Fact]
    public async Task A_backup_of_an_older_build_is_brought_up_to_this_one()
    {
        var older = await TestDatabase.EmptyAsync();
        await Migrator.MigrateAsync(older, TestDatabase.Keys, _ => { }, CancellationToken.None, Migrator.Known.Take(1).ToArray());
        (await Migrator.PendingAsync(older, CancellationToken.None)).ShouldBe(Migrator.Known.Skip(1));
        await new Backup(older, TestDatabase.Keys).WriteAsync(Kept, _ => { }, CancellationToken.None);

        var now = await TestDatabase.EmptyAsync();
        await new Backup(now, TestDatabase.Keys).ReadAsync(Kept, _ => { }, CancellationToken.None);

        (await Migrator.PendingAsync(now, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restore_waits_until_no_Host_works_on_the_database()
    {
        await WriteAsync();
        await using var host = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_place.Database.ConnectionString) { ApplicationName = "cea listener 01020304", Pooling = false }.ConnectionString);
        await host.OpenAsync();
        var refused = await Should.ThrowAsync<InvalidOperationException>(async () => await new Restore(await _place.DeploymentAsync()).RunAsync(Kept, null, _ => { }, CancellationToken.None));
        refused.Message.ShouldBe("1 Hosts still work on this database: stop them, then restore");
    }

    [Fact]
    public async Task A_restore_that_fails_half_way_has_changed_nothing()
    {
        await WriteAsync();
        var before = await _place.ContentAsync();
        await Should.ThrowAsync<IOException>(async () => await new Restore(await _place.DeploymentAsync()).RunAsync(Kept, null, t => throw new IOException(t), CancellationToken.None));
        (await _place.ContentAsync()).ShouldBe(before);
        (await _place.OtherDatabasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_that_is_stopped_or_was_killed_leaves_no_database_behind()
    {
        var backup = await WriteAsync();
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => backup.CheckAsync(Kept, _ => stop.Cancel(), stop.Token));
        (await _place.OtherDatabasesAsync()).ShouldBeEmpty();

        var name = new NpgsqlConnectionStringBuilder(_place.Database.ConnectionString).Database + "_check"; // 40 letters: nothing to cut
        await _place.Database.ExecuteAsync($"create database {name}"); // as a kill would leave it
        await backup.CheckAsync(Kept, _ => { }, CancellationToken.None);
        (await _place.OtherDatabasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_left_alone()
    {
        Directory.CreateDirectory(Kept);
        await File.WriteAllTextAsync(Path.Combine(Kept, "mine.txt"), "mine");
        (await Should.ThrowAsync<InvalidOperationException>(() => WriteAsync())).Message.ShouldContain("is not empty");
        Directory.EnumerateFiles(Kept).ShouldHaveSingleItem();
    }

    private async Task<Backup> WriteAsync(Action<string>? say = null)
    {
        var deployment = await _place.DeploymentAsync();
        await deployment.RefuseOtherKeysAsync(CancellationToken.None);
        var backup = new Backup(deployment.ConnectionString, deployment.Keys);
        await backup.WriteAsync(Kept, say ?? (_ => { }), CancellationToken.None);
        return backup;
    }

    private async Task EraseAsync()
    {
        await _place.Database.ExecuteAsync("insert into erasure (hash, space, person_id, asked_at, state) select hash, space, person_id, now(), 'confirmed' from address where hash = $1", TestDatabase.Keys.Hash("tel", Number));
        (await new Retention(_place.Database.Databases, TimeProvider.System).RunAsync(CancellationToken.None)).Erased.ShouldBe(1);
    }

    private async Task<List<string?>> ReadAsync()
    {
        await using var connection = new NpgsqlConnection(_place.Database.ConnectionString);
        await connection.OpenAsync();
        var wrapped = await _place.Database.ScalarAsync<byte[]>("select wrapped_key from circle_member where officer_id = $1", _focal.Id);
        var circle = CircleKeys.Unwrap(wrapped, _focal.PrivateKey)!;
        await using var command = new NpgsqlCommand("select sealed from message where sealed is not null", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string?>();
        while (await reader.ReadAsync())
            texts.Add(CircleKeys.OpenText((byte[])reader[0], [circle]));
        return texts;
    }

    private static void Damage(string kept, string how)
    {
        var (manifest, message) = (Path.Combine(kept, "manifest.json"), Path.Combine(kept, "message.copy.gz"));
        void Change(Action<JsonNode> change)
        {
            var json = JsonNode.Parse(File.ReadAllText(manifest))!;
            change(json);
            File.WriteAllText(manifest, json.ToJsonString());
        }
        switch (how)
        {
            case "cut":
                using (var file = File.OpenWrite(message))
                    file.SetLength(file.Length / 2);
                break;
            case "missing":
                File.Delete(message);
                break;
            case "half":
                File.WriteAllText(manifest, File.ReadAllText(manifest)[..200]);
                break;
            case "other":
                File.WriteAllText(manifest, """{"name":"something else"}""");
                break;
            case "table":
                File.WriteAllText(Path.Combine(kept, "pg_authid.copy.gz"), "");
                Change(m => m["tables"]!.AsArray().Add(new JsonObject { ["name"] = "pg_authid", ["columns"] = new JsonArray("oid"), ["rows"] = 0, ["sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }));
                break;
            case "column":
                Change(m => m["tables"]!.AsArray().Single(t => (string)t!["name"]! == "message")!["columns"]![0] = "nobody");
                break;
            case "newer":
                Change(m => m["schema"]!.AsArray().Add("9999_later"));
                break;
            case "keys":
                Change(m => m["deployment"] = KeyRing.Create().Fingerprint);
                break;
            case "rotated":
                Change(m => m["keys"]!.AsArray().Add("00000000"));
                break;
            default:
                Directory.Delete(kept, true);
                break;
        }
    }
}
