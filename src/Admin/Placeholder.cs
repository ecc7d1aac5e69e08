namespace Cea.Admin;
