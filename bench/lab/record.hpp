// What lets another process tell a living lab from the remains of one: an empty file in
// /run/roost-lab whose name is the lab's id, which holds its maker's pid and start time.
//
// It is there before the lab's first namespace and goes after the last. Throws Error.
#pragma once

#include <string>
#include <vector>

namespace roost::bench {

class LabRecord {
 public:
  LabRecord();   // makes the file
  ~LabRecord();  // removes every namespace of the lab, then the file
  LabRecord(const LabRecord&) = delete;
  LabRecord& operator=(const LabRecord&) = delete;

  // "roostlab-<id>-<part>": how every namespace of this lab is called.
  std::string name(const std::string& part) const;

 private:
  std::string id_;
};

}  // namespace roost::bench
