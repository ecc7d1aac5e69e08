using System.Diagnostics;
using Cea.Feedback.Storage;
using Cea.Host.Keeping;
using Cea.Testing;
using Npgsql;

namespace Cea.Host.Tests.Keeping;

public sealed class KeyRotationTests : IAsyncLifetime
{
    private const string Number = "+50255519876";
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await pipeline.SayAsync(Number, "[complaint|water|normal|0|en] the queue is long", id: "provider-id-7781");
        // One of everything that is sealed, so that a forgotten column shows.
        var keys = TestDatabase.Keys;
        await _place.Database.ExecuteAsync("update channel_account set settings = $1", keys.Seal("{}", "account"));
        await _place.Database.ExecuteAsync("insert into data_protection_key (id, sealed) values ('one', $1)", keys.Seal("<key/>", "data protection"));
        await _place.Database.ExecuteAsync("insert into officer (user_name, display_name, contact, totp) values ('on-call', 'on call', $1, $2)", keys.Seal("{}", "officer contact"), keys.Seal("secret", "officer totp"));
        await _place.Database.ExecuteAsync("update circle set outside_line = $1 where id = 5", keys.Seal("{}", "officer contact"));
        await _place.Database.ExecuteAsync("insert into helpline_operator (officer_id, number, languages) select id, $1, '{en}' from officer where user_name = 'on-call'", keys.Seal("+50255510001", "helpline operator"));
        await _place.Database.ExecuteAsync("update outbox set provider_sealed = $1, template_values = $2", keys.Seal("SM1", "provider id"), keys.Seal("[]", "outbox"));
        await _place.Database.ExecuteAsync("""
            insert into media (id, message_id, audience_id, account_id, position, reference, state, due_at, key_sealed, created_at) select gen_random_uuid(), id, 1, 'line', 0, $1, 'kept', now(), $2, now() from message limit 1
            """, keys.Seal("https://provider.example/1", "media reference"), keys.Seal("key", "media key"));
        await _place.Database.ExecuteAsync("insert into transcription (media_id, message_id, key_sealed, due_at, created_at) select id, message_id, $1, now(), now() from media", keys.Seal("key", "media key"));
        await _place.Database.ExecuteAsync("insert into provider_copy (account_id, person_id, space, address, provider_id, due_at, asked_at) values ('line', gen_random_uuid(), 'tel', $1, null, now(), now()), ('line', gen_random_uuid(), null, null, $2, now(), now())",
            keys.Seal(Number, "address"), keys.Seal("SM1", "provider id"));
        await _place.Database.ExecuteAsync("insert into training_text (item_id, circle_id, sealed) select id, 5, $1 from item limit 1", keys.Seal("the queue is long", "training"));
        await _place.Database.ExecuteAsync("insert into learned_model (version, trained_at, state, corpus_rows, open_rows, seconds, memory_mb, report, refused, sealed) values ('one', now(), 'retired', 1, 1, 1, 1, '{}', '{}', $1)", keys.Seal("a model", "learned model"));
        await _place.Database.ExecuteAsync("insert into line_test (outbox_id, account_id, officer_id, at, space, hash, sealed) select o.id, 'line', f.id, now(), 'tel', '', $1 from outbox o, officer f limit 1", keys.Seal(Number, "address"));
        await _place.Database.ExecuteAsync("insert into inbox (id, account_id, kind, received_at, sealed) values (gen_random_uuid(), 'line', 'status', now(), $1)", keys.Seal("{}", "event"));
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task Everything_is_sealed_anew_still_readable_and_the_old_key_is_needed_no_more()
    {
        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBe(KeyRotation.Columns); // every place that is sealed is filled

        var (code, output) = await _place.CeaAsync("keys", "rotate");

        code.ShouldBe(0, output);
        var now = KeyRing.Parse(await File.ReadAllTextAsync(_place.KeysFile));
        now.Count.ShouldBe(1);
        now.Current.ShouldNotBe(TestDatabase.Keys.Current);
        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBeEmpty();
        (await SealedWithAsync(now.Current)).ShouldBe(KeyRotation.Columns);
        now.OpenText(await _place.Database.ScalarAsync<byte[]>("select sealed from address where hash = $1", now.Hash("tel", Number)), "address").ShouldBe(Number);
        now.OpenText(await _place.Database.ScalarAsync<byte[]>("select provider_sealed from outbox limit 1"), "provider id").ShouldBe("SM1");
        (await _place.CeaAsync("apikey", "add", "later", "--scope", "read")).Code.ShouldBe(0); // the new file alone is enough to work
        KeyRing.Parse(await File.ReadAllTextAsync($"{_place.KeysFile}.{TestDatabase.Keys.Current}")).Current.ShouldBe(TestDatabase.Keys.Current); // for the backups made until now
    }

    [Fact]
    public async Task A_new_column_of_bytes_is_sealed_under_the_master_key_or_is_known_not_to_be()
    {
        string[] others =
        [
            "address.hash", "api_key.hash", "circle.public_key", "circle_member.wrapped_key", "erasure.hash", "inbox.person_key", "line_test.hash", "message.sealed", "officer.private_key", "officer.public_key", "opt_out.hash", "outbox.provider_key",
            "media.key_circles", "media.sha256", "media_chunk.sealed", "phone_call.key", "receipt_try.who", "recovery_code.hash", "safe_contact.sealed", "seen.key", "sign_in_try.hash", "speaker.sealed", "unreachable.hash",
        ];
        (await BytesAsync()).Except(KeyRotation.Columns).ShouldBe(others, ignoreOrder: true);
    }

    [Fact]
    public async Task A_rotation_that_was_killed_half_way_is_finished_by_the_next()
    {
        await _place.Database.ExecuteAsync("insert into raw_call (id, account_id, received_at, sealed) select gen_random_uuid(), 'line', now(), $1 from generate_series(1, 40000)", TestDatabase.Keys.Seal("raw", "raw"));
        using (var process = HostProcess.Start(_place.Environment, "keys", "rotate"))
        {
            for (var since = Stopwatch.StartNew(); await AnewAsync() == 0 && since.Elapsed < TimeSpan.FromSeconds(60);)
                await Task.Delay(5);
            process.Kill();
            await process.WaitForExitAsync();
        }
        (await AnewAsync()).ShouldBeInRange(1, 39999); // half way
        var between = KeyRing.Parse(await File.ReadAllTextAsync(_place.KeysFile));
        between.Count.ShouldBe(2); // nothing is lost: both are in the file
        between.OpenText(await _place.Database.ScalarAsync<byte[]>("select sealed from address"), "address").ShouldBe(Number);

        (await _place.CeaAsync("keys", "rotate")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));

        var now = KeyRing.Parse(await File.ReadAllTextAsync(_place.KeysFile));
        (now.Count, now.Current).ShouldBe((1, between.Current)); // finished, not begun anew
        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_old_key_stays_while_a_Host_still_seals_with_it()
    {
        await using (var host = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_place.Database.ConnectionString) { ApplicationName = $"cea listener {TestDatabase.Keys.Current}", Pooling = false }.ConnectionString))
        {
            await host.OpenAsync();
            (await _place.CeaAsync("keys", "rotate")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1, r.Output), r => r.Output.ShouldContain("1 Hosts still seal with the old key"));
            KeyRing.Parse(await File.ReadAllTextAsync(_place.KeysFile)).Count.ShouldBe(2);
        }
        (await _place.CeaAsync("keys", "rotate")).Code.ShouldBe(0);
        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_that_somebody_changes_meanwhile_is_neither_lost_nor_left()
    {
        var keys = TestDatabase.Keys.WithNewKey();
        await using var triage = new NpgsqlConnection(_place.Database.ConnectionString);
        await triage.OpenAsync();
        await using var transaction = await triage.BeginTransactionAsync();
        await using (var change = new NpgsqlCommand("update outbox set body = $1", triage) { Parameters = { new() { Value = TestDatabase.Keys.Seal("changed meanwhile", "outbox") } } })
            await change.ExecuteNonQueryAsync();

        var rotation = Task.Run(() => new KeyRotation(_place.Database.ConnectionString).RunAsync(keys, _ => { }, CancellationToken.None));
        await Task.Delay(500);
        rotation.IsCompleted.ShouldBeFalse(); // it waits for the row
        await transaction.CommitAsync();
        await rotation;

        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBeEmpty();
        keys.WithoutOldKeys().OpenText(await _place.Database.ScalarAsync<byte[]>("select body from outbox limit 1"), "outbox").ShouldBe("changed meanwhile");
    }

    [Fact]
    public async Task A_backup_of_before_the_rotation_comes_back_with_the_key_file_of_that_time()
    {
        var kept = _place.PathOf("kept");
        (await _place.CeaAsync("backup", kept)).Code.ShouldBe(0);
        (await _place.CeaAsync("keys", "rotate")).Code.ShouldBe(0);
        (await _place.CeaAsync("restore", kept)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("give the key file of that time with --keys"));

        (await _place.CeaAsync("restore", kept, "--keys", $"{_place.KeysFile}.{TestDatabase.Keys.Current}")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));

        NpgsqlConnection.ClearAllPools();
        (await SealedWithAsync(TestDatabase.Keys.Current)).ShouldBeEmpty();
        KeyRing.Parse(await File.ReadAllTextAsync(_place.KeysFile)).OpenText(await _place.Database.ScalarAsync<byte[]>("select sealed from address"), "address").ShouldBe(Number);
    }

    private Task<long> AnewAsync() => _place.Database.ScalarAsync<long>("select count(*) from raw_call where substring(sealed from 2 for 4) <> decode($1, 'hex')", TestDatabase.Keys.Current);

    // Every column of bytes in the whole database, so that one which the rotation forgets is found.
    private async Task<List<string>> SealedWithAsync(string key)
    {
        var found = new List<string>();
        foreach (var column in await BytesAsync())
        {
            var (table, name) = (column.Split('.')[0], column.Split('.')[1]);
            if (await _place.Database.ScalarAsync<bool>($"select exists (select 1 from {table} where length({name}) > 16 and get_byte({name}, 0) = 1 and substring({name} from 2 for 4) = decode($1, 'hex'))", key))
                found.Add(column);
        }
        return [.. found.Order(StringComparer.Ordinal)];
    }

    private Task<string[]> BytesAsync() => _place.Database.ScalarAsync<string[]>("""
            select array(select format('%I.%I', c.relname, a.attname) from pg_class c join pg_attribute a on a.attrelid = c.oid
                         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.atttypid = 'bytea'::regtype and not a.attisdropped order by 1)
            """);
}
