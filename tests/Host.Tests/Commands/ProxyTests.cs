using System.Net;
using System.Text.RegularExpressions;
using Cea.Testing;

namespace Cea.Host.Tests.Commands;

/// <summary>From where somebody signs in: only a proxy that is named may say it.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        foreach (var address in new[] { "203.0.113.7", "20010DB800000001" })
            await _place.Database.ExecuteAsync("insert into sign_in_try (kind, hash, count, since) values ('address', $1, 30, now())", TestDatabase.Keys.Hash("sign-in address", address));
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task The_address_is_what_trusted_proxies_say()
    {
        _place.Environment["Cea__TrustedProxies"] = "127.0.0.1, 10.0.0.0/8";
        await using var host = await HostProcess.ServeAsync(_place.Environment, _place.Folder, HostProcess.FreePort(), "--roles", "admin");
        (await TryAsync(host, "203.0.113.7")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await TryAsync(host, "198.51.100.1, 203.0.113.7, 10.0.0.4")).ShouldBe(HttpStatusCode.TooManyRequests); // through two of ours; what the sender put before is not believed
        (await TryAsync(host, "203.0.113.7, 198.51.100.1")).ShouldBe(HttpStatusCode.Redirect);
        (await TryAsync(host, "2001:db8:0:1:9999::1")).ShouldBe(HttpStatusCode.TooManyRequests); // a /64 counts as one
        (await TryAsync(host, "2001:db8:0:2:9999::1")).ShouldBe(HttpStatusCode.Redirect);
        host.Output.ShouldNotContain("203.0.113");
    }

    [Fact]
    public async Task Nobody_else_says_it()
    {
        _place.Environment["Cea__TrustedProxies"] = "10.0.0.0/8";
        await using var host = await HostProcess.ServeAsync(_place.Environment, _place.Folder, HostProcess.FreePort(), "--roles", "admin");
        (await TryAsync(host, "203.0.113.7")).ShouldBe(HttpStatusCode.Redirect);
        await _place.Database.ExecuteAsync("update sign_in_try set count = 30 where kind = 'address'"); // that of the test itself
        (await TryAsync(host, "198.51.100.9")).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private static async Task<HttpStatusCode> TryAsync(HostProcess host, string forwarded)
    {
        using var http = Clients.New(host.Url);
        var page = await http.GetStringAsync(new Uri("/sign-in", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["name"] = "nobody", ["password"] = "a wrong guess at it", ["__RequestVerificationToken"] = Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value,
            }),
        };
        request.Headers.Add("X-Forwarded-For", forwarded);
        return (await http.SendAsync(request)).StatusCode;
    }
}
