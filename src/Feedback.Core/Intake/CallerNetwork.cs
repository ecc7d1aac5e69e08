using System.Net;
using System.Net.Sockets;

namespace Cea.Feedback.Intake;

/// <summary>What tries are counted by: an IPv4 address, or of IPv6 the /64, since whoever has one has all its addresses. Empty when nobody knows where a call came from.</summary>
internal static class CallerNetwork
{
    public static string Of(IPAddress? from) => from switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => from.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(from.GetAddressBytes().AsSpan(0, 8)),
        _ => from.ToString(),
    };
}
