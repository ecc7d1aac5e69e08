using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Cea.Sandbox;

/// <summary>Where this sandbox is reached: for the addresses of files that it gives away.</summary>
internal sealed class OwnAddress(IServer server, IConfiguration settings)
{
    public string Base => settings["Sandbox:PublicUrl"]?.TrimEnd('/') ?? Listening.FirstOrDefault() ?? "http://127.0.0.1";

    public IEnumerable<string> Listening => server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(a => a.TrimEnd('/')) ?? [];

    /// <summary>The same server under another name, for a client that must notice that the host changes.</summary>
    public string OtherHost
    {
        get
        {
            var address = new UriBuilder(Base);
            address.Host = address.Host == "localhost" ? "127.0.0.1" : "localhost";
            return address.Uri.GetLeftPart(UriPartial.Authority);
        }
    }
}
